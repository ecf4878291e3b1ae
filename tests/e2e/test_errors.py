"""Bad bodies and bad requests: each answered as the contract says, nothing written, the next request fine."""
import json

import pytest

from sportapp import unique

COMMAND = "/api-commands/users"
JSON = ("Content-Type", "application/json")
BODY_BYTES_MAX = 64 * 1024


@pytest.fixture(autouse=True)
def nothing_is_written_and_the_next_request_is_fine(app):
    head = app.journal_head()
    yield
    assert app.journal_head() == head
    app.registered()


def send(app, body: bytes, headers=(JSON,), target=COMMAND, method="POST"):
    return app.raw(method, target, body, headers)


def assert_problem(answer, status):
    assert answer.status == status, answer
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    problem = json.loads(answer.body)
    assert problem["status"] == status
    assert problem["detail"] and problem["title"] and problem["type"]
    assert problem["error"].count("\n") == 0
    return problem


NOT_JSON = {
    "nothing": b"", "white space": b" \n ", "text": b"username=ana", "cut off": b'{"username":"ana"',
    "cut in a string": b'{"username":"an', "cut in an escape": b'{"username":"\\u00', "two": b'{"username":"a"}{}',
    "single quotes": b"{'username':'ana'}", "trailing comma": b'{"username":"ana",}', "comment": b'{"username":"a"}//',
    "NaN": b'{"username":NaN}', "bare": b"{username:1}", "byte order mark": b'\xef\xbb\xbf{"username":"ana"}',
    "UTF-16": '{"username":"ana"}'.encode("utf-16"), "NUL around": b'\0{"username":"ana"}\0',
    "NUL inside": b'{"username":"a\0b"}', "deep arrays": b"[" * 10_000 + b"]" * 10_000, "deep, open": b"[" * 10_000,
    "deep objects": b'{"username":' * 5_000 + b"1" + b"}" * 5_000,
    "deep unknown field": b'{"username":"ana","x":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\3", "random": bytes(range(256)), "control": b'{"username":"a\x01b"}',
    "invalid UTF-8": b'{"username":"\xff\xfe"}', "cut UTF-8": b'{"username":"\xc3"}',
    "overlong UTF-8": b'{"username":"\xc0\xaf"}', "surrogate in UTF-8": b'{"username":"\xed\xa0\x80"}',
    "beyond Unicode": b'{"username":"\xf4\x90\x80\x80"}', "lone surrogate": b'{"username":"\\ud800"}',
    "lone low surrogate": b'{"username":"\\udc00x"}', "surrogates swapped": b'{"username":"\\udc00\\ud800"}',
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_not_json_in_utf8_is_refused(app, body):
    assert_problem(send(app, body, (JSON, ("Content-Length", str(len(body))))), 400)


@pytest.mark.parametrize("body", ["[]", "null", "7", "true", '"ana"', '[{"username":"ana"}]'])
def test_json_that_is_no_object_is_refused(app, body):
    assert_problem(send(app, body.encode()), 400)


@pytest.mark.parametrize("value", [
    "7", "1e400", "-0", "123456789012345678901234567890", "true", "null", "[]", "{}", '["ana"]', '""', '" ana"',
    '"ana "', '"\\u00a0ana"', '"a\\u0000b"', '"a\\nb"', '"\\u007f"', '"\\u0085"', '"' + "x" * 51 + '"',
    '"' + "x" * 60_000 + '"',
])
def test_what_is_no_username_is_refused(app, value):
    problem = assert_problem(send(app, f'{{"username":{value}}}'.encode()), 400)
    # A number too large to be one is no JSON to some parsers; everything else is a fault of the field.
    if value != "1e400":
        assert [entry["field"] for entry in problem["errors"]] == ["/username"]
    assert len(problem["detail"]) < 1000, "an answer must not send the body back"


def test_a_missing_username_is_named(app):
    problem = assert_problem(send(app, b"{}"), 400)
    assert problem["errors"] == [{"field": "/username", "detail": "is required"}]


def body_of(size: int, name: str) -> bytes:
    body = json.dumps({"username": name, "x": ""}).encode()
    return body[:-2] + b"y" * (size - len(body)) + b'"}'


def test_one_byte_over_64_kib_is_refused(app):
    assert_problem(send(app, body_of(BODY_BYTES_MAX + 1, unique())), 413)


def test_one_byte_over_64_kib_in_chunks_is_refused(app):
    body = body_of(BODY_BYTES_MAX + 1, unique())
    chunked = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    assert_problem(send(app, chunked, (JSON, ("Transfer-Encoding", "chunked"))), 413)


def test_a_length_that_promises_too_much_is_refused_before_it_comes(app):
    assert_problem(send(app, b"{", (JSON, ("Content-Length", "99999999999"))), 413)


@pytest.mark.parametrize("length", ["-1", "x", "1, 2", "99999999999999999999999999", "0x10"])
def test_a_length_that_is_none_is_refused(app, length):
    assert send(app, b"{}", (JSON, ("Content-Length", length))).status in (400, 413)


@pytest.mark.parametrize("content_type", [
    None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json",
    "application/jsonp", "application/xml", "text/json;application/json", "application/json; charset=latin1",
    "application/json, application/json", "*/*", "application/json/x",
])
def test_another_content_type_is_refused(app, content_type):
    headers = () if content_type is None else (("Content-Type", content_type),)
    assert_problem(send(app, json.dumps({"username": unique()}).encode(), headers), 415)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_the_command_route_takes_post_only(app, method):
    answer = send(app, b"", (), method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("target", ["/api-queries/users", "/api-queries/users/1", "/health"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_query_routes_take_get_and_head_only(app, method, target):
    answer = send(app, b'{"username":"x"}', method=method, target=target)
    assert_problem(answer, 405)
    assert set(answer.headers["allow"].replace(" ", "").split(",")) == {"GET", "HEAD"}


@pytest.mark.parametrize("method", ["TRACE", "FOO", "get", "PROPFIND", "X" * 100])
def test_a_method_nobody_knows_is_refused(app, method):
    assert send(app, b"", (), method=method, target="/api-queries/users").status in (400, 405)


@pytest.mark.parametrize("target", [
    "/", "/api-commands", "/api-commands/", "/api-commands/users/", "/api-commands/users/1", "/api-commands/usersx",
    "/api-commands/Users", "/API-COMMANDS/users", "/api-queries/users/", "/api-queries/users/1/",
    "/api-queries/users/1/2", "/api-queries/user", "/favicon.ico", "/index.html", "/.git/config", "/%",
    "/%zz", "/%c0%ae", "/api-queries%2fusers",
    "/api-commands/plans", "/api-queries/plans", "/api-queries/plans/1", "/api-commands/orders/1",
])
def test_a_path_nobody_knows_is_not_found(app, target):
    answer = app.raw("GET", target)
    assert answer.status in ((400, 404) if "%" in target else (404,)), answer
    assert_problem(answer, answer.status)


def test_every_error_names_its_request(app):
    ids = {send(app, b"{").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
