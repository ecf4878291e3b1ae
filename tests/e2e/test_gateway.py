"""The gateway under clients that are slow, strange, many or hostile."""
import json
import socket
import stat
import threading
import time

import pytest

import raw
import streams
from elsewhere import elsewhere, not_here
from sportapp import SERVICE_PROCESSES, unique

COMMAND = "/api-commands/users"
JSON = ("Content-Type", "application/json")


def registration(name: str = None) -> bytes:
    return json.dumps({"username": name or unique()}).encode()


def assert_registered(app, answer, name):
    assert answer.status == 200, answer
    assert json.loads(answer.body)["username"] == name
    assert app.journal_head() == int(answer.headers["sportapp-position"].removeprefix("users="))


def test_exactly_64_kib_is_taken(app):
    name = unique()
    body = json.dumps({"username": name, "x": ""}).encode()
    body = body[:-2] + b"y" * (64 * 1024 - len(body)) + b'"}'
    assert len(body) == 64 * 1024
    assert_registered(app, app.raw("POST", COMMAND, body, [JSON]), name)


def test_a_chunked_body_is_taken(app):
    name = unique()
    body = registration(name)
    chunks = b"".join(b"%x;note=1\r\n%c\r\n" % (1, byte) for byte in body) + b"0\r\n\r\n"
    assert_registered(app, app.raw("POST", COMMAND, chunks, [JSON, ("Transfer-Encoding", "chunked")]), name)


@pytest.mark.parametrize("chunks", [b"zz\r\n{}\r\n0\r\n\r\n", b"-1\r\n", b"fffffffffffffffff\r\n",
                                    b"2\r\n{}xx0\r\n\r\n"])
def test_chunks_that_make_no_sense_are_refused(app, chunks):
    head = app.journal_head()
    answer = app.raw("POST", COMMAND, chunks, [JSON, ("Transfer-Encoding", "chunked")])
    assert answer.status in (400, 413)
    assert app.journal_head() == head


@pytest.mark.parametrize("headers", [
    [("Content-Length", "3"), ("Transfer-Encoding", "chunked")], [("Content-Length", "3"), ("Content-Length", "40")],
    [("Transfer-Encoding", "chunked, identity")], [("Transfer-Encoding", "xchunked")],
    [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
])
def test_a_body_of_doubtful_length_cannot_smuggle_a_request(app, headers):
    head = app.journal_head()
    smuggled = raw.request("POST", COMMAND, registration(), [JSON])
    with raw.Connection(app.port) as connection:
        connection.send(raw.request("POST", COMMAND, b"0\r\n\r\n" + smuggled, [JSON, *headers]))
        assert connection.answer().status in (400, 501)
        with pytest.raises(ConnectionError):
            connection.answer()
    assert app.journal_head() == head


def test_content_type_with_charset_and_case_is_taken(app):
    for content_type in ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8",
                         "application/vnd.sportapp+json"):
        name = unique()
        assert_registered(app, app.raw("POST", COMMAND, registration(name), [("Content-Type", content_type)]), name)


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(app):
    name = unique()
    body = registration(name)
    with raw.Connection(app.port) as connection:
        connection.send(raw.request("POST", COMMAND, b"", [JSON, ("Content-Length", str(len(body))),
                                                           ("Expect", "100-continue")]))
        assert connection.answer().status == 100
        connection.send(body)
        assert_registered(app, connection.answer(), name)


def test_a_slow_body_is_waited_for(app):
    name = unique()
    body = registration(name)
    with raw.Connection(app.port) as connection:
        connection.send(raw.request("POST", COMMAND, b"", [JSON, ("Content-Length", str(len(body)))]))
        for byte in body:
            connection.send(bytes([byte]))
            time.sleep(0.05)
        assert_registered(app, connection.answer(), name)


def test_pipelined_requests_are_answered_in_order(app):
    names = [unique() for _ in range(20)]
    with raw.Connection(app.port) as connection:
        connection.send(b"".join(raw.request("POST", COMMAND, registration(name), [JSON]) for name in names))
        for name in names:
            assert_registered_in_order(connection.answer(), name)


def assert_registered_in_order(answer, name):
    assert answer.status == 200
    assert json.loads(answer.body)["username"] == name


def test_pipelined_behind_a_bad_body_are_answered_too(app):
    name = unique()
    with raw.Connection(app.port) as connection:
        connection.send(raw.request("POST", COMMAND, b"{bad", [JSON]) +
                        raw.request("POST", COMMAND, registration(name), [JSON]))
        assert connection.answer().status == 400
        assert_registered(app, connection.answer(), name)


def test_a_hundred_headers_are_taken(app):
    name = unique()
    headers = [(f"X-Header-{number}", "v" * 20) for number in range(100)]
    assert_registered(app, app.raw("POST", COMMAND, registration(name), [JSON, *headers]), name)


@pytest.mark.parametrize("headers", [[("X-Long", "v" * 100_000)], [(f"X-{n}", "v" * 1000) for n in range(100)]])
def test_headers_without_end_are_refused(app, headers):
    head = app.journal_head()
    assert app.raw("POST", COMMAND, registration(), [JSON, *headers]).status in (400, 431)
    assert app.journal_head() == head


def test_a_very_long_target_is_refused(app):
    assert app.raw("GET", "/api-queries/users?username=" + "x" * 100_000).status == 414


@pytest.mark.parametrize("data", [
    b"\0" * 100, b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0",
    b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n",
])
def test_what_is_no_http_is_refused_or_cut(app, data):
    with raw.Connection(app.port) as connection:
        connection.send(data)
        connection.socket.shutdown(socket.SHUT_WR)
        try:
            assert 400 <= connection.answer().status < 506
        except ConnectionError:
            pass
    assert app.healthy()


@pytest.mark.parametrize("target", [
    "http://elsewhere.example/api-queries/users?limit=1", "http://127.0.0.1:1/internal/feed", "*", "//internal/feed",
])
def test_strange_targets_lead_nowhere_else(app, target):
    answer = app.raw("GET", target)
    assert answer.status in (200, 400, 404), answer
    if answer.status == 200:
        assert isinstance(json.loads(answer.body), list), "only the list of users may come of this"


def spellings(path: str):
    first = path.split("/")[1]
    coded = "".join(f"%{ord(letter):02x}" for letter in first)
    dots = ["..", "%2e%2e", ".%2e", "%2E%2E", "..%2f..", "%2e%2e%2f%2e%2e", "..;", "..%00", "%252e%252e"]
    places = [f"{begin}/{dot}{path}" for dot in dots
              for begin in ("/api-queries", f"/api-commands/users/{dot}", "/health")]
    return [path, path + "/", path.upper(), "/" + path, "/." + path, path + "?x=1", path + "%00", path + "%20",
            path + ";x", path + "#x", path.replace(first, coded), path.replace("/", "%2f"), path.replace("/", "\\"),
            f"/api-queries/users/1/{path}", f"/api-queries/users?x={path}/../..", *places]


INTERNAL = ["/internal/feed", "/internal/status", "/internal/rebuild", "/internal/events/set-aside", "/metrics",
            "/health/live", "/health/ready"]


@pytest.mark.parametrize("path", INTERNAL)
def test_nothing_internal_is_reachable_under_any_spelling(app, path):
    made = app.registered()
    for target in spellings(path):
        for method in ("GET", "POST"):
            answer = app.raw(method, target)
            if "?x=/" in target and method == "GET":  # the list, with a parameter nobody knows
                assert answer.status == 200
                continue
            assert answer.status in (400, 404, 405), (method, target, answer)
            assert made.json()["username"] not in answer.text
            assert "# TYPE" not in answer.text


@pytest.mark.parametrize("path", INTERNAL)
def test_headers_do_not_open_what_is_internal(app, path):
    for headers in ([("X-Original-URL", path)], [("X-Rewrite-URL", path)], [("X-Forwarded-Prefix", path)],
                    [("Sportapp-Via", "")], [("Sportapp-Via", "me")], [("Connection", "Sportapp-Via")],
                    [("X-Accel-Redirect", path)], [("Host", "127.0.0.1")]):
        for target in (path, "/nothing"):
            assert app.raw("GET", target, b"", headers).status in (400, 404), (target, headers)


def test_a_process_itself_refuses_what_came_through_a_gateway(app):
    for name in SERVICE_PROCESSES:
        assert app.direct(name, "/metrics").status_code == 200
        for path in ("/metrics", "/internal/status"):
            assert app.direct(name, path, headers={"Sportapp-Via": "gateway"}).status_code == 404


def test_redis_listens_on_a_socket_of_its_user_only(app):
    if elsewhere():
        not_here()
    assert app.process("redis").port == 0
    assert stat.S_IMODE((app.data / "run/redis/redis.sock").stat().st_mode) == 0o700
    with streams.Redis(app) as stranger:
        for words in (("PING",), ("XADD", "users", "*", "event", "x"), ("CONFIG", "GET", "*"), ("AUTH", "x")):
            with pytest.raises(streams.Refused):
                stranger.run(*words)
    with streams.as_a_process(app) as known:
        assert known.run("PING") == b"PONG"
        for words in (("CONFIG", "GET", "*"), ("FLUSHALL",), ("SAVE",), ("KEYS", "*"), ("SET", "users", "x"), ("ACL", "LIST"),
                      ("XADD", "others", "*", "event", "x"), ("DEBUG", "SLEEP", "0"), ("SHUTDOWN",), ("XTRIM", "users", "MAXLEN", "0")):
            with pytest.raises(streams.Refused):
                known.run(*words)


@pytest.mark.parametrize("name", [*SERVICE_PROCESSES, "monitor"])
def test_processes_listen_on_loopback_only(app, name):
    port = app.process(name).port
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in open(table).read().splitlines()[1:]:
            fields = line.split()
            address, _, hexport = fields[1].rpartition(":")
            if fields[3] == "0A" and int(hexport, 16) == port:
                listening.append(address)
    assert listening == ["0100007F"]


def test_http_1_0_is_served(app):
    name = unique()
    with raw.Connection(app.port) as connection:
        connection.send(raw.request("POST", COMMAND, registration(name), [JSON], version="HTTP/1.0"))
        assert_registered(app, connection.answer(), name)
        assert connection.closed()
    answer = app.raw("GET", "/api-queries/users", version="HTTP/1.0")
    assert answer.status == 200
    assert "transfer-encoding" not in answer.headers, "HTTP/1.0 knows no chunks"
    assert isinstance(json.loads(answer.body), list)


@pytest.mark.parametrize("cut", [0.2, 0.8, 1.0])
def test_a_client_that_goes_away_costs_nobody_else(app, cut):
    """Cut off inside the head, inside the body, and after it: only the last one may have an effect."""
    head, names = app.journal_head(), [unique() for _ in range(20)]
    for name in names:
        data = raw.request("POST", COMMAND, registration(name) if cut == 1.0 else registration(name) + b" ", [JSON])
        with raw.Connection(app.port) as connection:
            connection.send(data[:int(len(data) * cut)])
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    made = app.registered()
    new = [user["username"] for user in app.users_in_journal(head)]
    assert new[-1] == made.json()["username"] or cut == 1.0
    assert len(new) == len(set(new))
    assert set(new) <= {made.json()["username"], *(names if cut == 1.0 else [])}


def test_a_reader_that_goes_away_in_a_long_list_costs_nobody_else(app):
    for _ in range(20):
        with raw.Connection(app.port) as connection:
            connection.send(raw.request("GET", "/api-queries/users"))
            connection.socket.recv(10)
    assert app.get("/api-queries/users?limit=1").status_code == 200


def test_two_thousand_idle_connections_hinder_nobody(app):
    idle = []
    try:
        for _ in range(2000):
            idle.append(socket.create_connection(("127.0.0.1", app.port), timeout=20))
        for number in range(0, 2000, 100):  # some have begun to speak
            idle[number].sendall(b"GET /api-queries/users HTTP/1.1\r\nHost:")
        for _ in range(50):
            app.registered()
            assert app.get("/api-queries/users?limit=1").status_code == 200
    finally:
        for connection in idle:
            connection.close()
    app.registered()


def test_connections_are_kept(app):
    with raw.Connection(app.port) as connection:
        for _ in range(50):
            connection.send(raw.request("GET", "/api-queries/users?limit=1"))
            assert connection.answer().status == 200


def test_many_threads_with_good_and_bad_requests_get_each_its_own_answer(app):
    failures, lock = [], threading.Lock()

    def ask(number):
        for turn in range(15):
            if (number + turn) % 2:
                answer = app.post(b"{" * number, key=None)
                right = answer.status_code == 400
            else:
                name = unique()
                answer = app.register(name)
                right = answer.status_code == 200 and answer.json()["username"] == name
            if not right:
                with lock:
                    failures.append((answer.status_code, answer.text))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not failures


def test_the_gateway_gives_each_request_an_id_of_its_own(app):
    sent = "chosen-by-the-client"
    answers = [app.get("/api-queries/users?limit=1", headers={"X-Request-Id": sent}) for _ in range(3)]
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert len(set(ids)) == 3 and sent not in ids


def test_the_server_does_not_say_its_version(app):
    assert not any(letter.isdigit() for letter in app.get("/health").headers.get("Server", ""))
