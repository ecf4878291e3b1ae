"""Tactics turned off, as an experiment does it, and what then becomes of a process that fails."""
import signal
import time

import pytest

from sportapp import ALONE, QUERIES, commands_of, running, unique
from waiting import until

NONE = f"[tactics]\nrestart = false\ndetect_hangs = false\nretry = false\n\n{ALONE}\n[failover]\nhold_ms = 0\n"
HANGS_FOR_S = 4.0  # longer than anything may be silent before it is killed
PRIMARY = commands_of("users")


@pytest.fixture(scope="module", name="bare")
def without_tactics(tmp_path_factory):
    with running(tmp_path_factory.mktemp("bare") / "data", settings=NONE) as instance:
        yield instance


def test_the_dead_stay_dead_until_they_are_started(bare):
    made = bare.registered()
    bare.kill(PRIMARY)
    until("it is down", lambda: bare.process(PRIMARY).state == "stopped")
    answer = bare.register(unique())
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert bare.get(f"/api-queries/users/{made.json()['id']}").status_code == 200
    assert bare.process(PRIMARY).pid == 0
    started = bare.cli("start", PRIMARY)
    assert started.returncode == 0, started.stderr
    bare.wait_healthy()
    bare.registered()


def test_what_hangs_is_told_and_left_alone(bare):
    stopped = bare.kill(QUERIES[0], signal.SIGSTOP)
    try:
        time.sleep(HANGS_FOR_S)
        assert bare.process(QUERIES[0]).pid == stopped
        assert f"{QUERIES[0]} is not ready: no answer" in bare.log("monitor")
    finally:
        bare.resume(stopped)
    bare.wait_healthy()


def test_a_spare_that_holds_nothing_gives_commands_to_the_primary(new_instance):
    """Who is asked first is the spare: it does not hold, but it knows the primary."""
    instance = new_instance(settings="[failover]\nhold_ms = 0\nfail_back = false\n\n[tactics]\nretry = false\n")
    until("a spare is in sync", lambda: instance.cli("switchover", "users").returncode == 0)
    assert instance.primary_of() != PRIMARY
    for _ in range(5):
        instance.registered()


def test_alone_what_hangs_is_killed_and_started_again(new_instance):
    instance = new_instance(settings=ALONE)
    made = instance.registered()
    instance.wait_restarted(PRIMARY, instance.kill(PRIMARY, signal.SIGSTOP))
    instance.wait_healthy()
    assert instance.registered().json()["id"] == made.json()["id"] + 1


def test_a_monitor_that_hangs_is_killed_and_started_again(new_instance):
    instance = new_instance()
    instance.wait_restarted("monitor", instance.kill("monitor", signal.SIGSTOP))
    instance.wait_healthy()
    instance.kill(PRIMARY)
    instance.registered()


def test_restart_after_a_while(new_instance):
    """Nothing is started sooner than it is told to be."""
    instance = new_instance(settings="[tactics]\nrestart_after_ms = 1500\n")
    pid = instance.kill(QUERIES[0])
    killed = time.monotonic()
    instance.wait_restarted(QUERIES[0], pid)
    assert time.monotonic() - killed >= 1.5
