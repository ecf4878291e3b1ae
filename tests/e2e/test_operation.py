"""Running it: health, metrics, logs, ends that drain, and every process killed in turn."""
import contextlib
import json
import os
import signal
import socket
import threading
import time

import pytest

import processes
import raw
from sportapp import COMMANDS, NAMES, PATIENT, QUERIES, SERVICE_PROCESSES, SPARES, nodes_of, running, unique
from waiting import until

EVERY_PROCESS = (*SERVICE_PROCESSES, "monitor", "redis", "gateway")
COMMAND = "/api-commands/users"
JSON = ("Content-Type", "application/json")


@pytest.fixture(scope="module")
def victim(tmp_path_factory):
    """An instance whose processes are killed, one test after the other; each leaves it healthy."""
    with running(tmp_path_factory.mktemp("victim") / "data", settings=PATIENT) as instance:
        yield instance


def serves(instance):
    """A new user can be registered and read, and every earlier one is there."""
    made = instance.registered()
    instance.wait_for_position(made)
    assert instance.get(made.headers["Location"]).json() == made.json()
    listed = instance.get("/api-queries/users").json()
    assert len(listed) == instance.journal_head()


# --- health ---

def test_health_is_good_when_everything_serves(app):
    answer = app.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "services": {name: {"commands": "ok", "queries": "ok"} for name in NAMES}}


def bad_health(instance) -> dict:
    """What /health says, once it is bad."""
    def bad():
        answer = instance.get("/health")
        return answer.json() if answer.status_code == 503 else None
    told = until("health is bad", bad, 30)
    assert told["status"] == "unavailable"
    return told["services"]["users"]


def test_health_names_the_commands_service_that_does_not_answer(victim):
    pids = [victim.kill(name, signal.SIGSTOP) for name in nodes_of("users")]
    try:
        users = bad_health(victim)
        assert COMMANDS in users["commands"]
        assert users["queries"] == "ok"
    finally:
        for pid in pids:
            victim.resume(pid)
    victim.wait_healthy()
    serves(victim)


def test_health_stays_good_while_one_of_two_readers_is_there(victim):
    victim.wait_for_position(victim.journal_head())
    pid = victim.kill(QUERIES[0])
    for _ in range(20):
        assert victim.get("/health").status_code == 200
        assert victim.get("/api-queries/users?limit=1").status_code == 200
    victim.wait_restarted(QUERIES[0], pid)


def test_health_is_bad_while_the_monitor_does_not_answer(victim):
    pid = victim.kill("monitor", signal.SIGSTOP)
    try:
        bad = victim.get("/health")
        assert bad.status_code == 503
        assert "monitor" in bad.text
        assert victim.registered().status_code == 200, "the monitor is not needed to serve"
    finally:
        victim.resume(pid)
    victim.wait_healthy()


def test_health_names_the_queries_when_both_readers_hang(victim):
    pids = [victim.kill(name, signal.SIGSTOP) for name in QUERIES]
    try:
        users = bad_health(victim)
        assert all(name in users["queries"] for name in QUERIES)
        assert users["commands"] == "ok"
    finally:
        for pid in pids:
            victim.resume(pid)
    victim.wait_healthy()
    serves(victim)


@pytest.mark.parametrize("name", [*SERVICE_PROCESSES, "monitor"])
def test_a_process_says_that_it_lives_and_is_ready(app, name):
    assert app.direct(name, "/health/live").status_code == 200
    ready = app.direct(name, "/health/ready")
    assert ready.status_code == 200, ready.text


def test_commands_stay_ready_and_served_while_redis_is_gone(victim):
    pid = victim.kill("redis", signal.SIGSTOP)
    try:
        for _ in range(20):
            made = victim.registered()
        victim.wait_for_position(made)  # by the feed
        assert victim.get(made.headers["Location"]).json() == made.json()
    finally:
        victim.resume(pid)
    victim.wait_healthy()
    serves(victim)


# --- metrics ---

def series(app, name) -> dict:
    found = {}
    for line in app.direct(name, "/metrics").text.splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.rpartition(" ")
            found[key] = float(value)
    return found


def total(found: dict, start: str) -> float:
    fitting = [value for key, value in found.items() if key.split("{")[0] == start]
    assert fitting, f"no series {start}; there is: {sorted({key.split('{')[0] for key in found})}"
    return sum(fitting)


def test_commands_count_what_they_commit(app):
    primary = app.primary_of()
    before = series(app, primary)
    made = [app.registered() for _ in range(20)]
    after = series(app, primary)
    for name in ("sportapp_journal_entries_total", "sportapp_commit_batch_commands_sum",
                 "sportapp_http_requests_total", "sportapp_http_request_seconds_count"):
        assert total(after, name) - total(before, name) >= 20, name
    for name in ("sportapp_commit_seconds_count", "sportapp_commit_decide_seconds_count"):
        assert total(after, name) > total(before, name)
    for name in ("sportapp_journal_queue", "sportapp_relay_queue", "sportapp_http_connections"):
        total(after, name)
    assert total(after, "sportapp_journal_position") == position_of(made[-1])
    until("the relay has published it",
          lambda: total(series(app, primary), "sportapp_relay_position") == position_of(made[-1]))


def position_of(answer) -> int:
    return int(answer.headers["Sportapp-Position"].removeprefix("users="))


@pytest.mark.parametrize("name", QUERIES)
def test_queries_tell_their_position_and_lag(app, name):
    made = app.registered()
    app.wait_for_position(made)
    found = series(app, name)
    assert total(found, "sportapp_projection_position") == position_of(made)
    assert total(found, "sportapp_projection_lag_seconds_count") >= 1
    assert total(found, "sportapp_projection_events_total") >= 1
    assert total(found, "sportapp_query_waiters") == 0


# --- logs ---

def test_a_refused_request_can_be_found_in_the_log_with_its_status(app):
    refused = app.post(b"{")
    name = refused.headers["X-Request-Id"]
    line = until("the log names it", lambda: [text for text in app.log(COMMANDS).splitlines() if name in text], 10)
    assert "400" in line[0]


def test_logs_do_not_carry_what_users_send(app):
    secret = unique("secret")
    app.registered(unique(), email=f"{secret}@example.org")
    time.sleep(1.0)  # logs are flushed by then
    assert not any(secret in file.read_text(errors="replace") for file in (app.data / "logs").glob("*.log"))


# --- ends ---

def test_a_request_in_flight_is_answered_when_its_process_is_asked_to_end(victim):
    name = unique()
    body = json.dumps({"username": name}).encode()
    info = victim.process(COMMANDS)
    with raw.Connection(info.port) as connection:
        connection.send(raw.request("POST", COMMAND, body[:5], [
            JSON, ("Content-Length", str(len(body))), ("Idempotency-Key", unique("key"))]))
        time.sleep(0.3)  # so that it is under way; if it is not, the test is only easier
        victim.kill(COMMANDS, signal.SIGTERM)
        time.sleep(0.3)
        connection.send(body[5:])
        answer = connection.answer()
    assert answer.status == 200
    assert json.loads(answer.body)["username"] == name
    victim.wait_restarted(COMMANDS, info.pid)
    victim.wait_healthy()
    assert name in str(victim.events())


def test_down_loses_nothing_that_was_answered(new_instance):
    instance = new_instance()
    answered, stop = [], threading.Event()

    def load():
        while not stop.is_set():
            name = unique()
            try:
                answer = instance.register(name, timeout=10)
            except OSError:  # requests' errors are OSErrors
                return
            if answer.status_code == 200:
                answered.append(name)

    threads = [threading.Thread(target=load) for _ in range(8)]
    [thread.start() for thread in threads]
    until("some were answered", lambda: len(answered) >= 50, 60)
    assert instance.down().returncode == 0
    stop.set()
    [thread.join() for thread in threads]
    assert not instance.left_behind()
    instance.up()
    assert set(answered) <= {user["username"] for user in instance.users_in_journal()}


def test_down_frees_the_port_and_leaves_nothing(new_instance):
    instance = new_instance()
    assert instance.down().returncode == 0
    assert not instance.left_behind()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", instance.port), timeout=5)


# --- kill -9 ---

@pytest.mark.parametrize("name", EVERY_PROCESS)
def test_a_killed_process_comes_back(victim, name):
    for _ in range(3):
        victim.registered()
    pid = victim.kill(name)
    victim.wait_restarted(name, pid)
    victim.wait_healthy()
    serves(victim)
    others = {other: info.pid for other, info in victim.status().items() if other != name}
    assert pid not in others.values()


def test_no_registration_fails_while_commands_are_killed(victim):
    """The gateway tries again under the same key until the process is back."""
    statuses, stop = [], threading.Event()

    def load():
        while not stop.is_set():
            statuses.append(victim.register(unique(), timeout=60).status_code)

    threads = [threading.Thread(target=load) for _ in range(4)]
    [thread.start() for thread in threads]
    primary = victim.primary_of()
    victim.wait_restarted(primary, victim.kill(primary))
    victim.wait_healthy()
    stop.set()
    [thread.join() for thread in threads]
    assert set(statuses) <= ({200} if SPARES else {200, 503}), "only an honest 503, where nobody is left, beside success"
    serves(victim)


def test_no_query_fails_while_one_reader_is_killed(victim):
    serves(victim)
    statuses, stop = [], threading.Event()

    def load():
        while not stop.is_set():
            statuses.append(victim.get("/api-queries/users/1", timeout=60).status_code)

    threads = [threading.Thread(target=load) for _ in range(4)]
    [thread.start() for thread in threads]
    for name in QUERIES:
        victim.wait_restarted(name, victim.kill(name))
        until(f"{name} is ready", lambda name=name: victim.direct(name, "/health/ready").status_code == 200, 30)
    stop.set()
    [thread.join() for thread in threads]
    assert set(statuses) == {200}


def test_nothing_outlives_a_killed_supervisor_and_the_next_up_goes_on(new_instance):
    instance = new_instance()
    made = [instance.registered() for _ in range(5)]
    instance.note_processes()
    os.kill(instance.supervisor_pid(), signal.SIGKILL)
    assert not instance.left_behind(within_s=20), "children must notice"
    instance.up()
    instance.wait_for_position(made[-1])
    assert instance.get("/api-queries/users").json() == [answer.json() for answer in made]
    serves(instance)


def test_everything_killed_at_once_loses_nothing(new_instance):
    instance = new_instance()
    made = [instance.registered() for _ in range(20)]
    instance.note_processes()
    for seen in processes.family(instance.supervisor_pid()):
        with contextlib.suppress(ProcessLookupError):  # it ends with its supervisor
            os.kill(seen.pid, signal.SIGKILL)
    assert not instance.left_behind(within_s=20)
    instance.up()
    instance.wait_for_position(made[-1])
    assert instance.get("/api-queries/users").json() == [answer.json() for answer in made]


def test_a_read_model_thrown_away_comes_back_from_the_journal(new_instance):
    instance = new_instance()
    made = [instance.registered() for _ in range(20)]
    instance.down()
    for file in (instance.data / QUERIES[0]).glob("read_model.db*"):
        file.unlink()
    instance.up()
    instance.wait_for_position(made[-1])
    for name in QUERIES:
        assert instance.direct(name, "/api-queries/users").json() == [answer.json() for answer in made]
