"""A spare whose journal is no good gets a whole new one onto a slow disk: it answers the monitor all the while.

SPORTAPP_LONG=1 makes the journal some hundred MB long, SPORTAPP_MB of any length.
"""
import contextlib
import os
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

import evidence
from outage import check_none_failed, report
from redundancy import check_journals_equal, monitor_view, wait_redundant
from sportapp import SPARES
from steady_load import SteadyLoad
from waiting import until

pytestmark = pytest.mark.skipif(SPARES == 0, reason="a service has one node only")
SPARE = "products-commands-b"
SYNC_MS, BYTES_PER_MS = 100, 20_000  # 20 MB a second
COPIED = "this journal is replaced by a copy"  # says the spare
SILENT_AFTER_MS = 250  # a process that gives no echo for so long is ended
LARGE = '{"name":"NAME","description":"' + "\N{SNOWMAN WITHOUT SNOW}" * 200 + '","value":1,"stock":1}'
SMALL = '{"name":"NAME","description":"","value":1,"stock":1}'


class SlowDisk:
    """Of one process, once it is slow(): slow_disk.c."""

    def __init__(self, folder: Path, process_folder: Path):
        library, self._switch = folder / "slow_disk.so", folder / "slow"
        done = subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", library,
                               Path(__file__).with_name("slow_disk.c")], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        self.environment = {"LD_PRELOAD": str(library), "ASAN_OPTIONS": "verify_asan_link_order=0",
                            "SLOW_DISK_FOLDER": str(process_folder.resolve()), "SLOW_DISK_WHILE": str(self._switch),
                            "SLOW_DISK_SYNC_MS": str(SYNC_MS), "SLOW_DISK_BYTES_PER_MS": str(BYTES_PER_MS)}

    def slow(self):
        self._switch.touch()


def megabytes(long_mode: bool) -> int:
    return int(os.environ.get("SPORTAPP_MB") or (300 if long_mode else 40))


def size_of(journal: Path) -> float:
    return sum(file.stat().st_size for file in journal.parent.glob(f"{journal.name}*")) / 1e6


def fill(app, journal: Path, log: Path, seed: int, megabytes_wanted: int):
    with SteadyLoad(app.port, log, seed, connections=64, rate=0, prefix="filled", path="/api-commands/products",
                    bodies=[LARGE]) as load:
        until(f"{megabytes_wanted} MB of journal", lambda: size_of(journal) >= megabytes_wanted, 900, every_s=0.2)
    return load


def spoil(journal: Path):
    """The last entry is not the one that the other node has."""
    with contextlib.closing(sqlite3.connect(journal)) as database, database:
        database.execute("UPDATE entries SET hash = zeroblob(32) WHERE seq = (SELECT max(seq) FROM entries)")


def killed(app) -> list:
    """What the supervisor says of it."""
    return [line for line in app.done("events").splitlines() + app.log("supervisor").splitlines()
            if "asked to kill" in line and SPARE in line]


def test_a_copy_onto_a_slow_disk_is_no_silence(new_instance, tmp_path, seed, long_mode, monkeypatch):
    data = tmp_path / "data"
    disk = SlowDisk(tmp_path, data / SPARE)
    for name, value in disk.environment.items():
        monkeypatch.setenv(name, value)
    app, journal = new_instance(data), data / SPARE / "journal.db"
    app.up()
    wait_redundant(app)
    filled = fill(app, journal, tmp_path / "filling.log", seed, megabytes(long_mode))
    check_none_failed(filled, [])
    wait_redundant(app)
    app.down()
    spoil(journal)
    disk.slow()
    bytes_to_copy = size_of(data / "products-commands-a" / "journal.db") * 1e6
    assert bytes_to_copy / BYTES_PER_MS > 4 * SILENT_AFTER_MS, "too short: one sync of all of it would not show"

    began = time.monotonic()
    app.up(within_s=300)
    pid = app.process(SPARE).pid
    pids = {pid}
    with SteadyLoad(app.port, tmp_path / "clients.log", seed, connections=8, rate=20, path="/api-commands/products",
                    bodies=[SMALL]) as load:
        load.wait_for_more(20)

        def copied_and_in_sync():
            pids.add(app.process(SPARE).pid)
            return COPIED in app.log(SPARE) and "b" in monitor_view(app)["products"]["in_sync"]
        until("the spare has a copy and is in sync", copied_and_in_sync, 60 + 4 * bytes_to_copy / BYTES_PER_MS / 1000, every_s=0.2)
        took_s = time.monotonic() - began
        load.wait_for_more(50)
    print(f"{bytes_to_copy / 1e6:.0f} MB, in sync {took_s:.1f} s after it started; {load.outcomes()}")
    print(report(load, []))
    assert pids == {pid}, f"{SPARE} was restarted: {pids}"
    assert not killed(app), "\n".join(killed(app))
    check_none_failed(load, [])
    check_journals_equal(app, "products", within_s=60)
    evidence.check_acknowledged(evidence.entries(app, "products"), filled, load)
