"""Every limit that can be set, small: what happens to who goes past it."""
import json
import socket
import threading
import time

import raw
from sportapp import COMMANDS, PATIENT, QUERIES, nodes_of, unique
from waiting import until

COMMAND = "/api-commands/users"
JSON = ("Content-Type", "application/json")


def test_a_body_that_stalls_is_given_up(new_instance):
    instance = new_instance(settings="[limits]\nrequest_timeout_ms = 1000\n")
    part = raw.request("POST", COMMAND, b'{"user', [JSON, ("Content-Length", "100"), ("Idempotency-Key", "k")])
    with raw.Connection(instance.port) as gateway, raw.Connection(instance.process(COMMANDS).port) as process:
        gateway.send(part)
        process.send(part)
        assert process.answer().status == 408
        assert process.closed()
        assert gateway.closed(), "the gateway ends it without an answer"
    assert instance.journal_head() == 0
    instance.registered()


def test_an_idle_connection_is_closed_in_silence(new_instance):
    instance = new_instance(settings="[limits]\nidle_timeout_ms = 3000\n")
    with raw.Connection(instance.process(COMMANDS).port) as connection:
        started = time.monotonic()
        assert connection.closed()
        assert time.monotonic() - started > 2
    instance.registered()


def test_a_client_that_sends_too_much_is_slowed_down(new_instance):
    instance = new_instance(settings="[gateway]\nrate_limit_per_s = 5\n")
    answers = [instance.register(unique()) for _ in range(30)]
    slowed = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in slowed)
    assert instance.journal_head() == len(answers) - len(slowed)
    assert instance.get("/health").status_code == 200, "health is not limited"
    until("a slow client is served again", lambda: instance.register(unique()).status_code == 200, every_s=1)


def test_commands_that_hang_are_answered_503_in_time(new_instance):
    instance = new_instance(settings="[gateway]\ncommands_timeout_ms = 1000\nqueries_timeout_ms = 1000\n" + PATIENT)
    name, key = unique(), unique("key")
    pids = [instance.kill(process, 19) for process in (*nodes_of("users"), *QUERIES)]  # SIGSTOP
    try:
        for answer in (instance.register(name, key=key), instance.get("/api-queries/users"),
                       instance.get("/api-queries/users/1")):
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) >= 1
    finally:
        for pid in pids:
            instance.resume(pid)
    instance.wait_healthy()
    answer = instance.register(name, key=key)
    assert answer.status_code == 200, "the same key goes on safely"
    assert instance.journal_head() == 1


def test_a_full_queue_says_so_and_loses_nothing(new_instance):
    instance = new_instance(settings="[services]\nqueue_max = 1\nbatch_max = 1\n")
    answers, lock, full = [], threading.Lock(), threading.Event()

    def flood():
        while not full.is_set():
            answer = instance.register(unique())
            with lock:
                answers.append(answer)
            if answer.status_code == 503:
                full.set()

    threads = [threading.Thread(target=flood) for _ in range(32)]
    [thread.start() for thread in threads]
    assert full.wait(60), "32 clients at once must fill a queue of one"
    [thread.join() for thread in threads]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert {answer.status_code for answer in answers} == {200, 503}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert instance.journal_head() == len(answers) - len(refused)
    instance.registered()


def test_more_connections_than_allowed_are_told_so(new_instance):
    instance = new_instance(settings="[limits]\nconnections = 64\n")
    port = instance.process(QUERIES[0]).port
    held = []
    try:
        for _ in range(80):
            held.append(socket.create_connection(("127.0.0.1", port), timeout=20))
        until("the process is full", lambda: raw.exchange(port, raw.request("GET", "/health/live")).status == 503)
        for _ in range(30):
            assert instance.get("/api-queries/users?limit=1").status_code == 200, "the other reader serves"
    finally:
        for connection in held:
            connection.close()
    until("it serves again", lambda: raw.exchange(port, raw.request("GET", "/health/live")).status == 200)


def test_a_request_is_followed_through_the_log_at_level_debug(new_instance):
    instance = new_instance(settings='[services]\nlog_level = "debug"\n')
    made = instance.registered()
    name = made.headers["X-Request-Id"]
    line = until("the log names it", lambda: [text for text in instance.log(COMMANDS).splitlines() if name in text])
    assert "status=200" in line[0] and COMMAND in line[0]


def test_a_mistake_in_the_settings_is_named_with_its_line(new_instance):
    instance = new_instance(start=False, settings="[gateway]\n\nprot = 5000\n")
    done = instance.cli("up", "--detach", "--port", instance.port)
    assert done.returncode != 0
    assert "sportapp.toml:3:" in done.stderr and "prot" in done.stderr
    assert not instance.left_behind(within_s=1)


def test_a_failed_request_is_in_the_gateways_log(new_instance):
    instance = new_instance(settings="[gateway]\ncommands_timeout_ms = 500\n" + PATIENT)
    pids = [instance.kill(process, 19) for process in nodes_of("users")]
    try:
        name = instance.register(unique()).headers["X-Request-Id"]
    finally:
        for pid in pids:
            instance.resume(pid)

    def line():
        lines = (instance.data / "logs" / "gateway.access.log").read_text().splitlines()
        return next((found for found in map(json.loads, lines) if found["request_id"] == name), None)

    assert until("the gateway's log names it", line)["status"] == "503"
