"""What the experiment does to an instance from outside works on a real one: its disks spoilt by the library, its links led
through a proxy. The faults themselves are tested beside their code, in lab."""
import json
import os
import struct
import time

import pytest

import evidence
from faults import Fault
from links import Links
from outage import check_none_failed, report
from redundancy import check_journals_equal, monitor_view, nodes, wait_no_fail_back_due, wait_redundant
from sportapp import SPARES, bin_dir
from steady_load import SteadyLoad
from waiting import until

pytestmark = pytest.mark.skipif(SPARES == 0, reason="a service has one node only")


class DiskTable:
    """As lab/disk_shim/disk_table.hpp has it."""
    SLOTS, FOLDER_BYTES = 16, 500
    SLOT = struct.Struct(f"<II{FOLDER_BYTES}s")

    def __init__(self, file):
        self._file = file
        self._write(0, b"".join([struct.pack("<I", 0), *[self.SLOT.pack(0, 0, b"")] * self.SLOTS]))

    @property
    def environment(self) -> dict:
        return {"LD_PRELOAD": str(bin_dir() / "lab/libsportapp-disk.so"), "SPORTAPP_LAB_DISKS": str(self._file),
                "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def _write(self, at: int, data: bytes):
        with open(self._file, "r+b" if self._file.exists() else "w+b") as file:
            file.seek(at)
            file.write(data)

    def spoil(self, folder, sync_delay_ms: int = 0, full: bool = False):
        """Without trouble it is healed."""
        troubled = sync_delay_ms > 0 or full
        self._write(4, self.SLOT.pack(sync_delay_ms, full, os.fsencode(folder)))
        self._write(0, struct.pack("<I", troubled))


@pytest.fixture
def table(tmp_path, monkeypatch):
    made = DiskTable(tmp_path / "disks")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def app_with_table(table, new_instance):
    app = new_instance()
    app.up(lab=True)
    wait_redundant(app)
    return app


def steady(app, tmp_path, seed) -> SteadyLoad:
    return SteadyLoad(app.port, tmp_path / "clients.log", seed, connections=64, rate=100)


def judge(app, load, struck: list):
    print(report(load, struck))
    check_none_failed(load, struck)
    check_journals_equal(app)
    evidence.check_everything(app, load, within_s=120)


@pytest.mark.parametrize("role", ["spare", "primary"])
def test_a_disk_that_the_library_fills_stops_nobody(app_with_table, table, seed, tmp_path, role):
    app = app_with_table
    load, struck = steady(app, tmp_path, seed), []
    with load:
        load.wait_for_more(200)
        found = nodes(app)
        victim = found.primary if role == "primary" else found.spares[0]
        struck.append(Fault(f"full disk, {role}", victim.name, time.monotonic()))
        table.spoil(app.data / victim.name, full=True)
        until(f"{victim.name} is out of sync", lambda: victim.node not in monitor_view(app)["users"]["in_sync"], 60)
        load.wait_for_acknowledgement(time.monotonic())
        assert monitor_view(app)["users"]["primary"] != victim.node
        table.spoil(app.data / victim.name)
        wait_redundant(app)
        load.wait_for_more(100)
    judge(app, load, struck)


def test_a_disk_that_the_library_slows_down_makes_commands_slower(app_with_table, table, seed, tmp_path):
    app = app_with_table
    load = steady(app, tmp_path, seed)
    with load:
        load.wait_for_more(200)
        wait_no_fail_back_due(app)
        victim, since = nodes(app).primary, time.monotonic()
        epoch = monitor_view(app)["users"]["epoch"]
        table.spoil(app.data / victim.name, sync_delay_ms=60)
        load.wait_for_more(300)
        until_slow = time.monotonic()
        assert monitor_view(app)["users"]["epoch"] == epoch, "a slow disk made a failover"
        quick = [command for command in load.commands if since + 0.2 < command.sent < until_slow - 1 and command.took_s < 0.06]
        assert not quick, "a command was answered before the disk can have had it"
        table.spoil(app.data / victim.name)
        load.wait_for_more(100)
    judge(app, load, [])


def test_links_that_are_led_through_a_proxy_are_cut_by_it(new_instance, seed, tmp_path):
    app = new_instance()
    app.up()  # so that it has its ports
    app.down()
    ports = json.loads((app.data / "run/ports.json").read_text())
    with Links() as made:
        links = {("monitor", "users-commands-a"): None, ("users-commands-a", "users-commands-b"): None,
                 ("users-commands-b", "users-commands-a"): None}
        detours = {}
        for dials, listens in links:
            links[dials, listens] = made.to(ports[f"{listens}.link"])
            detours.setdefault(dials, {})[listens] = links[dials, listens].port
        (app.data / "run/detours.json").write_text(json.dumps(detours))
        app.up(lab=True)
        wait_redundant(app)
        load, struck = steady(app, tmp_path, seed), []
        with load:
            load.wait_for_more(100)
            until("a is primary", lambda: monitor_view(app)["users"]["primary"] == "a", 60)
            struck.append(Fault("cut", "a from everybody", time.monotonic()))
            for link in links.values():
                link.set("both", "drop")
            until("b is primary", lambda: monitor_view(app)["users"]["primary"] == "b", 60)
            for link in links.values():
                link.heal()
            wait_redundant(app)
            load.wait_for_more(100)
        judge(app, load, struck)
        app.down()
