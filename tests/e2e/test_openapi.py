"""docs/openapi.yaml and the running system say the same, in both directions. Runs last: see conftest.py."""
import json

import jsonschema
import pytest

import openapi
from recording import RECORDING
from sportapp import COMMANDS, QUERIES, Instance, unique
from waiting import until

DOCUMENT = openapi.Document.load()


@pytest.fixture(scope="module")
def hasty(tmp_path_factory):
    """An instance that gives up soon and counts requests: for what the ordinary one never answers."""
    settings = "[gateway]\ncommands_timeout_ms = 500\nqueries_timeout_ms = 500\nrate_limit_per_s = 20\n"
    instance = Instance(tmp_path_factory.mktemp("hasty") / "data", settings=settings)
    try:
        instance.up()
        yield instance
    finally:
        instance.finish()


def drive_commands(app):
    name, key = unique(), unique("key")
    made = app.registered(name, f"{name}@example.org", key=key)
    app.register(name, f"{name}@example.org", key=key)  # replayed
    app.register(unique(), key=key)                     # 422
    app.register(name)                                  # 409
    app.post(b"{")                                      # 400
    app.post(b" " * (64 * 1024 + 1))                    # 413
    app.post({"username": unique()}, headers={"Content-Type": "text/plain"})  # 415
    app.wait_for_position(made)
    return made.headers["Location"]


def drive_queries(app, one: str):
    tag = app.get(one).headers["ETag"]
    for method in ("GET", "HEAD"):
        app.request(method, one, headers={"If-None-Match": tag})
    never = {"Sportapp-Position": "users=999999999", "Prefer": "wait=0"}
    for target in ("/api-queries/users", "/api-queries/users?limit=1", "/api-queries/users?limit=0", one,
                   "/api-queries/users/999999999", "/health", "/nothing"):
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
    pids = [hasty.kill(name, 19) for name in (COMMANDS, *QUERIES)]  # SIGSTOP
    try:
        hasty.register(unique())
        for target in ("/api-queries/users", "/api-queries/users/1"):
            hasty.get(target)
            hasty.request("HEAD", target)
        until("health is bad", lambda: hasty.get("/health").status_code == 503)
        hasty.request("HEAD", "/health")
    finally:
        for pid in pids:
            hasty.resume(pid)
    hasty.wait_healthy()
    until_429 = [hasty.get("/api-queries/users/1").status_code for _ in range(200)]
    assert 429 in until_429


def test_every_answer_promised_is_given(app, hasty):
    drive_queries(app, drive_commands(app))
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


def _references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_requests_the_document_allows_are_taken_and_others_are_not(app):
    """The schema of the body and the service agree on what a user is."""
    schema = DOCUMENT.content["components"]["schemas"]["NewUser"]
    validator = jsonschema.Draft202012Validator(schema)
    tail = unique("")
    bodies = [{"username": "a" + tail}, {"username": "b" + tail, "email": None}, {"username": "c" + tail, "x": [1]},
              {"username": "\u00f1" * (50 - len(tail)) + tail}, {"username": "\u00f1" * (51 - len(tail)) + tail},
              {"username": ""}, {"username": 7}, {"username": None}, {}, {"username": "d" + tail, "email": 7},
              {"username": "e" + tail, "email": ""}, {"username": "f" + tail, "email": "no"}, [], "x", None,
              {"username": "g" + tail, "email": f"g{tail}@example.org"}]
    for body in bodies:
        answer = app.post(json.dumps(body).encode())
        assert (answer.status_code == 200) == validator.is_valid(body), (body, answer.text)
