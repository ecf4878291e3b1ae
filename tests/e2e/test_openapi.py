"""docs/openapi.yaml and the running system say the same, in both directions. Runs last: see conftest.py."""
import json
from typing import NamedTuple

import jsonschema
import pytest

import openapi
from recording import RECORDING
from shop import ORDERS, PRODUCTS, Shop
from sportapp import NAMES, SERVICE_PROCESSES, running, unique
from waiting import until

DOCUMENT = openapi.Document.load()


@pytest.fixture(scope="module")
def hasty(tmp_path_factory):
    """An instance that gives up soon and counts requests: for what the ordinary one never answers."""
    settings = "[gateway]\ncommands_timeout_ms = 500\nqueries_timeout_ms = 500\nrate_limit_per_s = 20\n"
    with running(tmp_path_factory.mktemp("hasty") / "data", settings=settings) as instance:
        yield instance


class Command(NamedTuple):
    """How one command is driven through every status that it has."""
    target: str
    good: dict
    other: dict  # another request, for the same key
    bad: dict
    refusals: tuple = ()  # of (target, body): the statuses that only this command has


def commands(app) -> list:
    name = unique()
    shop = Shop(app, stock=1_000)
    shop.ordered()
    one = f"{PRODUCTS}/{shop.product}"
    order = {"user": shop.user, "product": shop.product, "quantity": 1}
    app.registered(name)
    return [Command("/api-commands/users", {"username": unique(), "email": f"{unique()}@example.org"},
                    {"username": unique()}, {"username": ""}, (("/api-commands/users", {"username": name}),)),
            Command(PRODUCTS, {"name": unique(), "value": 1, "stock": 1}, {"name": unique(), "value": 1, "stock": 1}, {}),
            Command(one, {"value": 7}, {"value": 8}, {"value": -1}, ((f"{PRODUCTS}/999999999", {"value": 1}),)),
            Command(ORDERS, order, {**order, "quantity": 2}, {**order, "quantity": 0})]


def drive_command(app, command: Command) -> str:
    """Every answer but 503; gives where the thing is."""
    key, method = unique("key"), "PUT" if command.target[-1].isdigit() else "POST"

    def send(body, target=command.target, **options):
        return app.post(body, path=target, method=method, **options)

    made = send(command.good, key=key)
    send(command.good, key=key)   # replayed
    send(command.other, key=key)  # 422
    send(command.bad)             # 400
    send(b"{")
    send(b" " * (64 * 1024 + 1))  # 413
    send(command.good, headers={"Content-Type": "text/plain"})  # 415
    for target, body in command.refusals:
        send(body, target)
    app.request("DELETE", command.target)
    app.wait_for_position(made)
    return made.headers["Location"]


def drive_queries(app, one: str):
    tag = app.get(one).headers["ETag"]
    for method in ("GET", "HEAD"):
        app.request(method, one, headers={"If-None-Match": tag})
    many = one.rpartition("/")[0]
    never = {"Sportapp-Position": f"{many.rpartition('/')[2]}=999999999", "Prefer": "wait=0"}
    for target in (many, f"{many}?limit=1", f"{many}?limit=0", one, f"{many}/999999999", "/health", "/nothing"):
        app.request("DELETE", target)
        for method in ("GET", "HEAD"):
            for headers in ({}, never, {"Sportapp-Position": "nonsense"}):
                app.request(method, target, headers=headers)


def drive_refusals(app):
    app.raw("GET", "/" + "x" * 100_000)
    app.raw("GET", "/health", b"", [("X-Long", "x" * 100_000)])
    app.raw("GET", "/health", b"", [("Host", "another")])
    app.raw("GET", "/nothing", b"x" * (64 * 1024 + 1))


def drive_absence(hasty):
    for name in SERVICE_PROCESSES:  # on purpose, since whatever ends otherwise is back at once
        assert hasty.cli("stop", name).returncode == 0
    try:
        for route, item in DOCUMENT.content["paths"].items():
            for method in openapi.METHODS & set(item):
                sent = {"data": b"{}", "headers": {"Content-Type": "application/json"}} if "commands" in route else {}
                hasty.request(method.upper(), route.replace("{id}", "1"), **sent)
        until("health is bad", lambda: hasty.get("/health").status_code == 503)
        hasty.request("HEAD", "/health")
    finally:
        for name in SERVICE_PROCESSES:
            assert hasty.cli("start", name).returncode == 0
    hasty.wait_healthy()
    until_429 = [hasty.get("/api-queries/users/1").status_code for _ in range(200)]
    assert 429 in until_429


def test_every_answer_promised_is_given(app, hasty):
    for command in commands(app):
        drive_queries(app, drive_command(app, command))
    drive_refusals(app)
    drive_absence(hasty)
    seen = {DOCUMENT.place(exchange) for exchange in RECORDING.everything()}
    never = sorted(DOCUMENT.promised() - seen)
    assert not never, f"docs/openapi.yaml promises what was never seen: {never}"


def test_every_answer_given_is_promised():
    """Also judged after each test, so that the one which saw it fails; here as a whole."""
    wrong = [text for exchange in RECORDING.everything() for text in DOCUMENT.complaints(exchange)]
    assert not wrong, "\n".join(wrong)
    assert len(RECORDING.everything()) > 30


def test_the_document_is_openapi_3_1_and_whole():
    content = DOCUMENT.content
    assert content["openapi"].startswith("3.1.")
    operations = [operation for item in content["paths"].values() for method, operation in item.items()
                  if method in openapi.METHODS]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for schema in content["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for reference in _references(content):
        DOCUMENT.resolve({"$ref": reference})
    for route, item in content["paths"].items():
        named = {part[1:-1] for part in route.split("/") if part.startswith("{")}
        given = {DOCUMENT.resolve(node)["name"] for node in item.get("parameters", [])}
        assert named == given, route


def test_every_service_is_in_the_document():
    told = {route.split("/")[2] for route in DOCUMENT.content["paths"] if route.startswith("/api-")}
    assert told == set(NAMES)


def _references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def bodies_of_users() -> list:
    tail = unique("")
    return [{"username": "a" + tail}, {"username": "b" + tail, "email": None}, {"username": "c" + tail, "x": [1]},
            {"username": "\u00f1" * (50 - len(tail)) + tail}, {"username": "\u00f1" * (51 - len(tail)) + tail},
            {"username": ""}, {"username": 7}, {"username": None}, {}, {"username": "d" + tail, "email": 7},
            {"username": "e" + tail, "email": ""}, {"username": "f" + tail, "email": "no"}, [], "x", None,
            {"username": "g" + tail, "email": f"g{tail}@example.org"}]


def variants(good: dict, wrong: dict) -> list:
    """`good`, what it may be without, and each field with each of its values."""
    return [good, {**good, "unknown": [1]}, [], None, {}, *[{k: v for k, v in good.items() if k != name} for name in good],
            *[{**good, name: value} for name, values in wrong.items() for value in values]]


AMOUNTS = (0, 1_000_000_000, 1_000_000_001, -1, 1.5, "1", None, True)
PRODUCT_FIELDS = {"name": ("x" * 50, "x" * 51, "", 7, None), "description": ("", "\u00f1" * 200, "\u00f1" * 201, 7),
                  "value": AMOUNTS, "stock": AMOUNTS}


def test_requests_the_document_allows_are_taken_and_others_are_not(app):
    """The schema of each body and the service agree on what it is."""
    shop = Shop(app)
    shop.ordered()
    product = {"name": "ball", "description": "round", "value": 1, "stock": 1}
    placed = {"user": shop.user, "product": shop.product, "quantity": 1}
    numbers = (0, -1, 1.5, "1", None, True)
    checked = [("NewUser", "POST", "/api-commands/users", bodies_of_users()),
               ("NewProduct", "POST", PRODUCTS, variants(product, PRODUCT_FIELDS)),
               ("ProductChange", "PUT", f"{PRODUCTS}/{shop.product}", variants(product, PRODUCT_FIELDS)),
               ("NewOrder", "POST", ORDERS, variants(placed, {"user": numbers, "product": numbers,
                                                              "quantity": (1_000_000, 1_000_001, *numbers)}))]
    for name, method, target, bodies in checked:
        schema = {"$ref": f"#/components/schemas/{name}"}
        validator = jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver("", DOCUMENT.content))
        for body in bodies:
            answer = app.post(json.dumps(body).encode(), path=target, method=method)
            assert (answer.status_code == 200) == validator.is_valid(body), (target, body, answer.text)
