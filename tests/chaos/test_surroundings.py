"""What nodes stand on fails while they have a spare: a node's disk, the clock, Redis, the processor. No command fails by
it where one node goes on."""
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

import evidence
from disks import fill
from faults import Fault, Faults
from outage import check_none_failed, report
from redundancy import check_journals_equal, monitor_view, nodes, wait_no_fail_back_due, wait_redundant
from speechless import keep_speechless
from sportapp import SPARES, nodes_of
from steady_load import SteadyLoad
from waiting import until

pytestmark = pytest.mark.skipif(SPARES == 0, reason="a service has one node only")


def judge(app, load, struck: list):
    print(report(load, struck))
    check_none_failed(load, struck)
    check_journals_equal(app)
    evidence.check_everything(app, load, within_s=120)


def steady(app, tmp_path, seed) -> SteadyLoad:
    return SteadyLoad(app.port, tmp_path / "clients.log", seed, connections=64, rate=100)


# --- disks ---

@pytest.fixture
def app_with_small_disks(disks, new_instance, tmp_path, monkeypatch):
    """Every node of users has a disk of its own, which can be filled. On a full disk a touch of SQLite's -shm file may be
    a bus error: no sanitizer shall take it for a defect."""
    monkeypatch.setenv("ASAN_OPTIONS", "handle_sigbus=0")
    for name in nodes_of("users"):
        disks.tmpfs(tmp_path / "data" / name, "48m")
    app = new_instance(tmp_path / "data")
    app.up()
    wait_redundant(app)
    return app


@pytest.mark.parametrize("role", ["spare", "primary"])
def test_a_full_disk_of_one_node_stops_nobody(app_with_small_disks, seed, tmp_path, role):
    app = app_with_small_disks
    load, struck = steady(app, tmp_path, seed), []
    with load:
        load.wait_for_more(300)
        found = nodes(app)
        victim = found.primary if role == "primary" else found.spares[0]
        struck.append(Fault(f"full disk, {role}", victim.name, time.monotonic()))
        filler = fill(app.data / victim.name)
        until(f"{victim.name} is out of sync", lambda: victim.node not in monitor_view(app)["users"]["in_sync"], 60)
        load.wait_for_acknowledgement(time.monotonic())
        assert monitor_view(app)["users"]["primary"] != victim.node
        filler.unlink()
        wait_redundant(app)
        load.wait_for_more(100)
    judge(app, load, struck)


# --- the clock ---

class Clock:
    """The wall clock of every process that an instance starts from now on (clock_shift.c)."""

    def __init__(self, folder: Path):
        library, self._file = folder / "clock_shift.so", folder / "clock_shift"
        done = subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", library,
                               Path(__file__).with_name("clock_shift.c")], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        self._file.write_bytes(bytes(8))
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_SHIFT_FILE": str(self._file),
                            "ASAN_OPTIONS": "verify_asan_link_order=0"}
        self.shift(0)

    def shift(self, seconds: int):
        with open(self._file, "r+b") as file:
            file.write(seconds.to_bytes(8, "little", signed=True))

    def now_by_a_program(self) -> float:
        """What a program that is started with it takes for the time."""
        said = subprocess.run(["date", "+%s"], capture_output=True, text=True, timeout=10, check=True,
                              env={**os.environ, **self.environment})
        return float(said.stdout)


def test_a_clock_that_is_set_back_or_forward_is_no_fault(new_instance, seed, chance, tmp_path, monkeypatch):
    clock = Clock(tmp_path)
    for name, value in clock.environment.items():
        monkeypatch.setenv(name, value)
    app = new_instance()
    app.up()
    wait_redundant(app)
    load, faults, struck = steady(app, tmp_path, seed), Faults(app, chance), []
    with load:
        for hours in (-1, 1, 0):
            load.wait_for_more(200)
            wait_no_fail_back_due(app)
            epoch = monitor_view(app)["users"]["epoch"]
            clock.shift(3600 * hours)
            assert abs(clock.now_by_a_program() - time.time() - 3600 * hours) < 60
            load.wait_for_more(500)
            assert monitor_view(app)["users"]["epoch"] == epoch, "the clock made a failover"
            struck.append(faults.crash())
            load.wait_for_acknowledgement(struck[-1].at)
            wait_redundant(app)
    judge(app, load, struck)


# --- Redis ---

def test_a_failover_while_redis_is_down_loses_no_event(app, seed, chance, tmp_path):
    wait_redundant(app)
    load, faults, struck = steady(app, tmp_path, seed), Faults(app, chance), []
    with load:
        load.wait_for_more(200)
        hung = app.kill("redis", signal.SIGSTOP)
        try:
            load.wait_for_more(100)
            struck.append(faults.crash())
            load.wait_for_acknowledgement(struck[-1].at)
            load.wait_for_more(300)
        finally:
            app.resume(hung)
        app.kill("redis")
        struck.append(faults.crash())
        load.wait_for_acknowledgement(struck[-1].at)
        wait_redundant(app)
    judge(app, load, struck)


# --- the processor ---

def pids_of(app, names) -> dict:
    status = app.status()
    return {name: status[name].pid for name in names}


def test_nodes_that_get_no_time_to_answer_are_not_ended_again_and_again(app, seed, tmp_path):
    """Every node of a service is silent together, for 2.5 s, six times: ended after one second, after two, and no more."""
    wait_redundant(app)
    load, struck = steady(app, tmp_path, seed), []
    rounds = [pids_of(app, nodes_of("users"))]
    with load:
        for _ in range(6):
            load.wait_for_more(100)
            struck.append(Fault("both", "no time for any node of users", time.monotonic()))
            keep_speechless(list(rounds[-1].values()), 2.5)
            load.wait_for_acknowledgement(time.monotonic())
            wait_redundant(app)
            rounds.append(pids_of(app, nodes_of("users")))
    ended = {name: len({pids[name] for pids in rounds}) - 1 for name in nodes_of("users")}
    print(f"ended: {ended}")
    judge(app, load, struck)
    assert all(count <= 3 for count in ended.values()), ended
