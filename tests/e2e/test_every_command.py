"""What holds for every command alike, whatever it is about: what is no body of it, and that nothing comes of it."""
import json

import pytest

from shop import ORDERS, PRODUCTS, add_product
from sportapp import NAMES, unique

JSON = ("Content-Type", "application/json")
GOOD = {"POST /api-commands/users": {"username": "someone"},
        f"POST {PRODUCTS}": {"name": "thing", "value": 1, "stock": 1},
        f"PUT {PRODUCTS}/ID": {"value": 1},
        f"POST {ORDERS}": {"user": 1, "product": 1, "quantity": 1}}
BROKEN = {"nothing": b"", "no object": b"[]", "null": b"null", "cut off": b'{"a":1', "trailing": b"{}x", "two": b"{}{}",
          "deep": b"[" * 10_000, "deep unknown field": b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
          "invalid UTF-8": b'{"x":"\xff\xfe"}', "NUL": b'{"x":"\0"}', "lone surrogate": b'{"name":"\\ud800",'
          b'"username":"\\ud800","user":"\\ud800","description":"\\ud800"}', "UTF-16": '{"x":1}'.encode("utf-16"),
          "NaN": b'{"value":NaN,"x":NaN}'}
# What only other services' events cause.
CAUSED = {"UsersNoted", "ProductsNoted", "StockTaken", "StockRefused", "OrderCompleted", "OrderFailed"}


def asked_for(app) -> list:
    """How many entries each journal has that a client asked for."""
    return [sum(event["type"] not in CAUSED for event in app.events(0, service)) for service in NAMES]


@pytest.fixture(params=GOOD)
def command(request, app):
    """(method, target, good body); at the end nothing was written, and the next request is fine."""
    method, target = request.param.split()
    target = target.replace("ID", str(add_product(app).json()["id"]))
    before = asked_for(app)
    yield method, target, GOOD[request.param]
    assert asked_for(app) == before
    app.registered()


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_json_object_is_refused(app, command, body):
    method, target, _ = command
    answer = app.raw(method, target, body, [JSON, ("Content-Length", str(len(body)))])
    assert answer.status == 400, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["error"]


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-www-form-urlencoded",
                                          "application/json; charset=latin1"])
def test_another_content_type_is_refused(app, command, content_type):
    method, target, good = command
    headers = () if content_type is None else (("Content-Type", content_type),)
    assert app.raw(method, target, json.dumps(good).encode(), headers).status == 415


def test_a_body_over_64_kib_is_refused(app, command):
    method, target, good = command
    body = json.dumps({**good, "x": "y" * (64 * 1024)}).encode()
    assert app.raw(method, target, body, [JSON]).status == 413


@pytest.mark.parametrize("key", [b"k" * 129, b"with space", b"\xff"])
def test_a_key_that_is_none_is_refused(app, command, key):
    method, target, good = command
    answer = app.raw(method, target, json.dumps(good).encode(), [JSON, ("Idempotency-Key", key)])
    assert answer.status == 400


def test_what_a_client_sends_cannot_pass_for_an_event_of_another_service(app, command):
    """The keys of consumed events begin with a space; a client's never do, and it reaches no internal route."""
    method, target, good = command
    for key in (" users/0000000000000000001", "  retry/users/1"):
        answer = app.raw(method, target, json.dumps({**good, "username": 7, "name": 7, "user": 0}).encode(),
                         [JSON, ("Idempotency-Key", key)])
        assert answer.status == 400
    for path in ("/internal/events/set-aside", "/internal/events/retry"):
        assert app.raw(method, path, b"{}", [JSON]).status == 404


@pytest.mark.parametrize("service", NAMES)
@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1001", "after=-1", "after=x"])
def test_a_page_that_makes_no_sense_is_refused(app, service, query):
    assert app.get(f"/api-queries/{service}?{query}").status_code == 400


@pytest.mark.parametrize("service", NAMES)
@pytest.mark.parametrize("thing", ["0", "999999999", "9" * 400, "-1", "+1", "1x", "01", "1.0", "%31", "%20"])
def test_an_id_that_is_nobodys_is_not_found(app, service, thing):
    assert app.raw("GET", f"/api-queries/{service}/{thing}").status == 404


@pytest.mark.parametrize("service", NAMES)
def test_query_routes_take_get_and_head_only(app, service):
    for target in (f"/api-queries/{service}", f"/api-queries/{service}/1"):
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = app.raw(method, target, json.dumps({"name": unique()}).encode(), [JSON])
            assert answer.status == 405
            assert set(answer.headers["allow"].replace(" ", "").split(",")) == {"GET", "HEAD"}
