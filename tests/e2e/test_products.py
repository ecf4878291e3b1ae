"""Products: added, changed, shown; and every body that is none."""
import json

import pytest

from shop import PRODUCTS, add_product, change_product, changed, payloads, view_of
from sportapp import queries_of, unique

AMOUNT_MAX = 1_000_000_000
FIELDS = {"name", "description", "value", "stock"}


@pytest.fixture
def product(app) -> int:
    made = add_product(app)
    app.wait_for_position(made)
    return made.json()["id"]


def test_a_product_is_said_back_whole_and_where_it_is(app):
    body = {"name": unique("ball"), "description": "leather, size 5", "value": 4990, "stock": 12}
    answer = app.post(body, path=PRODUCTS)
    assert answer.status_code == 200
    made = answer.json()
    assert made == {"id": made["id"], **body}
    assert answer.headers["Location"] == f"/api-queries/products/{made['id']}"
    assert view_of(app, answer) == {**made, "disponible": True}


def test_a_description_may_be_left_out(app):
    answer = app.post({"name": unique("bare"), "value": 0, "stock": 0}, path=PRODUCTS)
    assert answer.status_code == 200
    assert answer.json()["description"] == ""


def test_without_stock_it_is_not_disponible(app):
    assert view_of(app, add_product(app, stock=0))["disponible"] is False
    assert view_of(app, add_product(app, stock=1))["disponible"] is True


def test_two_products_may_have_one_name(app):
    name = unique("same")
    assert add_product(app, name).json()["id"] != add_product(app, name).json()["id"]


@pytest.mark.parametrize("value", [0, 1, AMOUNT_MAX])
@pytest.mark.parametrize("field", ["value", "stock"])
def test_the_ends_of_the_range_are_taken(app, field, value):
    assert add_product(app, **{field: value}).json()[field] == value


@pytest.mark.parametrize("letter", ["a", "\u00f1", "\u5b57", "\U0001f600"])
def test_fifty_and_two_hundred_characters_fit(app, letter):
    made = add_product(app, letter * 50, description=letter * 200).json()
    assert (made["name"], made["description"]) == (letter * 50, letter * 200)


@pytest.mark.parametrize("change", [{"name": "new name"}, {"description": ""}, {"value": 1}, {"stock": 0},
                                    {"name": "all", "description": "of them", "value": 2, "stock": 3}])
def test_a_change_answers_the_whole_product_and_its_view_follows(app, product, change):
    before = app.get(f"/api-queries/products/{product}").json()
    answer = changed(app, product, **change)
    expected = {**{name: before[name] for name in FIELDS | {"id"}}, **change}
    assert answer.json() == expected
    assert answer.headers["Location"] == f"/api-queries/products/{product}"
    assert view_of(app, answer) == {**expected, "disponible": expected["stock"] > 0}


def test_a_change_of_nothing_answers_the_whole_product(app, product):
    before = app.get(f"/api-queries/products/{product}").json()
    before.pop("disponible")
    for body in ({}, {"unknown": 1}, {"name": before["name"]}, {"name": None, "stock": None}):
        answer = change_product(app, product, **body)
        assert (answer.status_code, answer.json()) == (200, before)


def test_a_changed_product_has_another_etag(app, product):
    target = f"/api-queries/products/{product}"
    first = app.get(target).headers["ETag"]
    view_of(app, changed(app, product, value=77))
    again = app.get(target, headers={"If-None-Match": first})
    assert again.status_code == 200 and again.headers["ETag"] != first
    assert len({app.direct(name, target).headers["ETag"] for name in queries_of("products")}) >= 1


@pytest.mark.parametrize("product", ["0", "999999999", "-1", "x", "01", "1.0", "9223372036854775808", "9" * 400])
def test_a_product_that_is_not_there_cannot_be_changed(app, product):
    head = app.journal_head("products")
    answer = app.raw("PUT", f"{PRODUCTS}/{product}", b'{"value":1}', [("Content-Type", "application/json")])
    assert answer.status == 404, answer
    assert app.journal_head("products") == head
    assert app.get(f"/api-queries/products/{product}").status_code == 404


BAD_FIELDS = [
    ("name", ""), ("name", "x" * 51), ("name", 7), ("name", None), ("name", ["x"]), ("name", {}), ("name", True),
    ("name", " outer"), ("name", "outer "), ("name", "a\0b"), ("name", "line\nbreak"), ("description", "x" * 201),
    ("description", 7), ("description", "a\0b"), ("value", -1), ("value", AMOUNT_MAX + 1), ("value", "1"),
    ("value", 1.5), ("value", True), ("value", None), ("value", []), ("value", 2**63), ("value", 2**64),
    ("value", 10**30), ("stock", -1), ("stock", AMOUNT_MAX + 1), ("stock", "1"), ("stock", 0.5), ("stock", False),
    ("stock", None), ("stock", {}), ("stock", -2**63), ("stock", 2**63),
]


@pytest.mark.parametrize("field, value", BAD_FIELDS)
def test_a_field_that_is_wrong_is_named_and_nothing_is_written(app, product, field, value):
    head = app.journal_head("products")
    body = {"name": unique(), "description": "", "value": 1, "stock": 1, field: value}
    answers = [app.post(body, path=PRODUCTS)]
    if value is not None:  # in a change that is as good as absent
        answers.append(change_product(app, product, **{field: value}))
    for answer in answers:
        assert answer.status_code == 400, answer.text
        assert [entry["field"] for entry in answer.json()["errors"]] == [f"/{field}"]
        assert field in answer.json()["error"]
        assert len(answer.content) < 2000, "an answer must not send the body back"
    assert app.journal_head("products") == head


@pytest.mark.parametrize("number", ["1.0", "1e2", "-0.0", "1E400", "01", "0x1", "NaN", "+1", "1_000"])
@pytest.mark.parametrize("field", ["value", "stock"])
def test_what_is_written_as_no_integer_is_refused(app, field, number):
    head = app.journal_head("products")
    body = json.dumps({"name": unique(), "value": 1, "stock": 1, field: 12345}).replace("12345", number).encode()
    assert app.post(body, path=PRODUCTS).status_code == 400
    assert app.journal_head("products") == head


@pytest.mark.parametrize("missing", ["name", "value", "stock"])
def test_a_field_that_is_missing_is_named(app, missing):
    body = {"name": unique(), "value": 1, "stock": 1}
    del body[missing]
    answer = app.post(body, path=PRODUCTS)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": f"/{missing}", "detail": "is required"}]


def test_every_wrong_field_is_named(app):
    answer = app.post({"name": "", "description": 7, "value": -1, "stock": "x"}, path=PRODUCTS)
    assert answer.status_code == 400
    assert {entry["field"] for entry in answer.json()["errors"]} == {f"/{field}" for field in FIELDS}


def test_a_key_counts_once_for_new_ones_and_for_changes(app, product):
    key, name = unique("key"), unique("keyed")
    first = add_product(app, name, key=key)
    again = add_product(app, name, key=key)
    assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
    assert app.post({"name": "other", "value": 1, "stock": 1}, key=key, path=PRODUCTS).status_code == 422

    key, head = unique("key"), app.journal_head("products")
    first = change_product(app, product, key=key, stock=3)
    changed(app, product, stock=9)
    again = change_product(app, product, key=key, stock=3)
    assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
    assert change_product(app, product, key=key, stock=4).status_code == 422
    assert len(payloads(app, "products", "ProductChanged", after=head)) == 2


def test_a_key_of_one_product_is_another_request_for_another_product(app, product):
    key, other = unique("key"), add_product(app).json()["id"]
    assert change_product(app, product, key=key, stock=3).status_code == 200
    assert change_product(app, other, key=key, stock=3).status_code == 422


def test_pages_of_products_follow_their_links(app):
    made = [add_product(app) for _ in range(5)]
    app.wait_for_position(made[-1])
    after = made[0].json()["id"] - 1
    first = app.get(f"/api-queries/products?limit=3&after={after}")
    second = app.get(first.links["next"]["url"])
    ids = [product["id"] for product in first.json() + second.json()]
    assert ids[:5] == [answer.json()["id"] for answer in made]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_the_collection_takes_post_only(app, method):
    answer = app.raw(method, PRODUCTS, b"", ())
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_one_product_takes_put_only(app, product, method):
    answer = app.raw(method, f"{PRODUCTS}/{product}", b"", ())
    assert (answer.status, answer.headers["allow"]) == (405, "PUT")
