"""Orders: placed, settled by the stock, shown in one row that follows renames; and every body that is none."""
import json
import threading

import pytest

from shop import (ORDERS, Shop, add_product, changed, order, ordered, payloads, settled, shown_until, stock_of, view_of)
from sportapp import unique

PUT_ORDERS = {"processing", "completed", "failed"}


@pytest.fixture
def shop(app) -> Shop:
    return Shop(app)


def test_a_client_of_the_family_orders_and_polls(app):
    """User, product of 10, order of 3; then one of 8; then a rename: as such a client does it, by polling alone."""
    user = app.registered(unique("ana")).json()
    name = unique("ball")
    product = app.post({"name": name, "description": "size 5", "value": 1500, "stock": 10},
                       path="/api-commands/products").json()
    placed = app.post({"user": user["id"], "product": product["id"], "quantity": 3}, path=ORDERS)
    assert placed.status_code == 200, placed.text
    made = placed.json()
    assert made == {"id": made["id"], "user": user["id"], "product": product["id"], "quantity": 3,
                    "state": "processing"}
    assert placed.headers["Location"] == f"/api-queries/orders/{made['id']}"
    view = settled(app, placed)
    assert view == {"id": made["id"], "user_id": user["id"], "user_username": user["username"],
                    "product_id": product["id"], "product_name": name, "product_value": 1500, "quantity": 3,
                    "total": 4500, "state": "completed"}
    shown_until(app, f"/api-queries/products/{product['id']}", stock=7, disponible=True)

    refused = settled(app, ordered(app, user["id"], product["id"], 8))
    assert refused["state"] == "failed" and refused["reason"]
    assert stock_of(app, product["id"]) == 7

    changed(app, product["id"], name=name + " II")
    for view in (made["id"], refused["id"]):
        shown_until(app, f"/api-queries/orders/{view}", product_name=name + " II")


def test_the_answer_can_be_read_at_once(app, shop):
    placed = shop.ordered()
    view = view_of(app, placed)
    assert view["id"] == placed.json()["id"] and view["state"] in PUT_ORDERS


def test_what_was_registered_a_moment_ago_can_be_ordered_at_once(app):
    """By the positions that the client was given, however far orders is behind."""
    for _ in range(10):
        one = Shop(app)
        assert one.ordered().status_code == 200


@pytest.mark.parametrize("field", ["user", "product"])
@pytest.mark.parametrize("unknown", [999_999_999, 2**63 - 1])
def test_whom_orders_does_not_know_is_named(app, shop, field, unknown):
    shop.ordered()
    head = app.journal_head("orders")
    answer = app.post({"user": shop.user, "product": shop.product, "quantity": 1, field: unknown}, path=ORDERS)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": f"/{field}", "detail": "is not known"}]
    assert field in answer.json()["error"]
    assert payloads(app, "orders", "OrderPlaced", after=head) == []


def test_both_unknown_are_both_named(app):
    answer = order(app, 999_999_999, 999_999_999)
    assert answer.status_code == 400
    assert {entry["field"] for entry in answer.json()["errors"]} == {"/user", "/product"}


BAD_FIELDS = [
    *[(field, value) for field in ("user", "product") for value in
      (0, -1, "1", None, True, 1.5, [], {}, 2**63, -2**63, 10**30)],
    *[("quantity", value) for value in (0, -1, 1_000_001, "1", None, True, 1.5, [], {}, 2**63, 2**64, -2**63)],
]


@pytest.mark.parametrize("field, value", BAD_FIELDS)
def test_a_field_that_is_wrong_is_named_and_nothing_is_written(app, field, value):
    head = app.journal_head("orders")
    answer = app.post({"user": 1, "product": 1, "quantity": 1, field: value}, path=ORDERS)
    assert answer.status_code == 400, answer.text
    assert field in {entry["field"].removeprefix("/") for entry in answer.json()["errors"]}
    assert payloads(app, "orders", "OrderPlaced", after=head) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"{}", b'{"user":1', b'{"user":1,"product":1}',
                                  b'{"user":1.0,"product":1,"quantity":1}', b'{"user":1,"product":1,"quantity":1e0}',
                                  b'{"user":1,"product":1,"quantity":\xff}', b"[" * 10_000])
def test_what_is_no_order_is_refused(app, body):
    head = app.journal_head("orders")
    assert app.post(body, path=ORDERS).status_code == 400
    assert payloads(app, "orders", "OrderPlaced", after=head) == []


def test_all_that_is_missing_is_named(app):
    answer = app.post({}, path=ORDERS)
    assert answer.json()["errors"] == [{"field": f"/{field}", "detail": "is required"}
                                       for field in ("user", "product", "quantity")]


def test_exactly_the_stock_can_be_ordered_and_then_nothing(app):
    shop = Shop(app, stock=5)
    assert shop.settled(5)["state"] == "completed"
    shown_until(app, f"/api-queries/products/{shop.product}", stock=0, disponible=False)
    failed = shop.settled(1)
    assert failed["state"] == "failed" and failed["reason"]
    assert shop.stock == 0


def test_stock_that_comes_later_serves_later_orders_only(app):
    shop = Shop(app, stock=0)
    early = shop.settled(1)
    changed(app, shop.product, stock=1)
    late = shop.settled(1)
    assert (early["state"], late["state"]) == ("failed", "completed")
    assert app.get(f"/api-queries/orders/{early['id']}").json()["state"] == "failed", "what is settled stays"


def test_the_price_is_that_of_the_moment_it_was_placed(app):
    shop = Shop(app, stock=100, value=100)
    before = shop.settled(2)
    now = changed(app, shop.product, value=250)
    after = settled(app, ordered(app, shop.user, shop.product, 2, after=(now,)))
    assert (before["product_value"], before["total"]) == (100, 200)
    assert (after["product_value"], after["total"]) == (250, 500)
    again = app.get(f"/api-queries/orders/{before['id']}").json()
    assert (again["product_value"], again["total"]) == (100, 200)


def test_a_renamed_product_is_renamed_in_every_view_of_its_orders(app):
    shop = Shop(app, stock=100)
    other = Shop(app, stock=100)
    ids = [shop.settled()["id"] for _ in range(3)]
    kept = other.settled()
    name = unique("renamed")
    changed(app, shop.product, name=name)
    for one in ids:
        shown_until(app, f"/api-queries/orders/{one}", product_name=name, state="completed")
    assert app.get(f"/api-queries/orders/{kept['id']}").json() == kept
    changed(app, shop.product, name=name + " again")
    for one in ids:
        shown_until(app, f"/api-queries/orders/{one}", product_name=name + " again")
    new = shop.ordered()
    assert settled(app, new)["product_name"] == name + " again"


def test_a_change_of_price_or_stock_leaves_the_names_alone(app, shop):
    before = shop.settled()
    made = changed(app, shop.product, value=1, stock=500, description="other")
    later = settled(app, ordered(app, shop.user, shop.product, after=(made,)))
    assert later["product_value"] == 1
    assert app.get(f"/api-queries/orders/{before['id']}").json() == before


@pytest.mark.parametrize("quantity", [1_000_000])
def test_the_largest_total_is_exact(app, quantity):
    shop = Shop(app, stock=1_000_000_000, value=1_000_000_000)
    view = shop.settled(quantity)
    assert (view["state"], view["total"]) == ("completed", 10**15)


def test_the_same_key_orders_once(app, shop):
    key = unique("key")
    first, again = shop.ordered(4, key=key), shop.ordered(4, key=key)
    assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
    assert settled(app, first)["state"] == "completed"
    shown_until(app, f"/api-queries/products/{shop.product}", stock=6)
    assert order(app, shop.user, shop.product, 5, key=key).status_code == 422
    late = shop.ordered(4, key=key)
    assert late.content == first.content, "the first answer, though the order is settled by now"


def test_orders_at_once_never_sell_more_than_there_is(app):
    shop = Shop(app, stock=20)
    shop.ordered()
    made, lock = [], threading.Lock()

    def buy():
        for _ in range(6):
            answer = shop.ordered(1)
            with lock:
                made.append(answer)

    threads = [threading.Thread(target=buy) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    states = [settled(app, answer)["state"] for answer in made]
    assert states.count("completed") == 19
    assert states.count("failed") == 29
    shown_until(app, f"/api-queries/products/{shop.product}", stock=0)


def test_each_order_takes_its_stock_once_in_the_journals(app):
    shop = Shop(app, stock=3)
    ids = [shop.settled(2)["id"], shop.settled(2)["id"], shop.settled(1)["id"]]
    taken = [event for _, event in payloads(app, "products", "StockTaken") if event["order"] in ids]
    refused = [event for _, event in payloads(app, "products", "StockRefused") if event["order"] in ids]
    assert [(event["order"], event["quantity"], event["stock"]) for event in taken] == [(ids[0], 2, 1), (ids[2], 1, 0)]
    assert [event["order"] for event in refused] == [ids[1]]
    ended = [(kind, event["id"]) for kind, event in payloads(app, "orders", "OrderCompleted", "OrderFailed")
             if event["id"] in ids]
    assert ended == [("OrderCompleted", ids[0]), ("OrderFailed", ids[1]), ("OrderCompleted", ids[2])]


def test_pages_of_orders_follow_their_links(app, shop):
    made = [shop.ordered() for _ in range(5)]
    app.wait_for_position(made[-1])
    first = app.get(f"/api-queries/orders?limit=3&after={made[0].json()['id'] - 1}")
    second = app.get(first.links["next"]["url"])
    ids = [one["id"] for one in first.json() + second.json()]
    assert ids[:5] == [answer.json()["id"] for answer in made]


def test_an_order_waits_for_the_positions_that_it_is_given(app, shop):
    never = {"Sportapp-Position": "users=999999999", "Prefer": "wait=0"}
    body = {"user": shop.user, "product": shop.product, "quantity": 1}
    late = app.post(body, path=ORDERS, headers=never)
    assert late.status_code == 503 and int(late.headers["Retry-After"]) >= 1
    assert app.post(body, path=ORDERS, headers={"Sportapp-Position": "users=x"}).status_code == 400
    others = {"Sportapp-Position": "nobody=999999999,orders=999999999"}
    shop.ordered()
    assert app.post(body, path=ORDERS, headers=others).status_code == 200, "those of others are not waited for"


def test_the_bodies_a_client_sends_are_not_in_the_logs(app):
    secret = unique("secret-product")
    add_product(app, secret)
    app.post(json.dumps({"name": secret, "value": "x"}).encode(), path="/api-commands/products")
    assert not any(secret in file.read_text(errors="replace") for file in (app.data / "logs").glob("*.log"))
