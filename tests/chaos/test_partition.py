"""The links between monitor, primary and spare are cut, each direction by itself: service goes on, and heals with them.

Each goes through a proxy of the lab (links.py); `up` writes who dials which port into DATA/config, so that a process that
is restarted after a change there goes through it.
"""
import re
import time

import pytest

import evidence
from faults import Fault
from outage import check_none_failed, report
from links import Links
from redundancy import check_journals_equal, monitor_view, nodes, wait_no_fail_back_due, wait_redundant
from sportapp import SPARES, nodes_of
from steady_load import SteadyLoad

pytestmark = pytest.mark.skipif(SPARES == 0, reason="a service has one node only")
LASTS_S = (1.0, 3.0)
DIRECTIONS = ("both", "there", "back")
LINK_PORT = re.compile(r"(?<=link_port = )\d+")


class LinksOfUsers:
    """Every link from monitor and nodes of users to the nodes of users."""

    def __init__(self, app, links):
        self._app, self._links = app, links
        self._by_ends = {}  # (who dials, who listens), process names
        self._ports = {name: self._own_link_port(name) for name in nodes_of("users")}
        for dialler in ("monitor", *self._ports):
            self._lead_through_links(dialler)
        for dialler in ("monitor", *self._ports):
            app.wait_restarted(dialler, app.kill(dialler), 60)
            wait_redundant(app)

    def _config(self, name: str):
        return self._app.data / "config" / f"{name}.toml"

    def _own_link_port(self, name: str) -> int:
        head = self._config(name).read_text().split("\n[")[0]
        return int(LINK_PORT.search(head)[0])

    def _lead_through_links(self, dialler: str):
        """Its own port, in the part before the first table, stays."""
        head, mark, tables = self._config(dialler).read_text().partition("\n[")
        for listener, port in self._ports.items():
            if listener == dialler:
                continue
            link = self._by_ends[dialler, listener] = self._links.to(port)
            tables, count = re.subn(rf"(?<=link_port = ){port}\b", str(link.port), tables)
            assert count == 1, f"{dialler} dials {listener} by {count} entries of its configuration"
        self._config(dialler).write_text(head + mark + tables)

    def between(self, link: str):
        """`primary-spare`, `monitor-primary` or `monitor-spare`: by who is what now."""
        found = nodes(self._app)
        ends = {"primary": found.primary.name, "spare": found.spares[0].name, "monitor": "monitor"}
        return self._by_ends[tuple(ends[end] for end in link.split("-"))]


@pytest.fixture
def links(app):
    wait_redundant(app)
    with Links() as made:
        yield LinksOfUsers(app, made)


def partition(app, links, load, link: str, direction: str, action: str, lasts_s: float) -> Fault:
    """Cuts the link, sees that commands go on while it is cut, heals it, and waits until everything is redundant."""
    struck = links.between(link)
    fault = Fault(f"{link} {direction} {action}", f"{lasts_s:.1f} s", time.monotonic())
    struck.set(direction, action)
    try:
        load.wait_for_acknowledgement(fault.at)
        time.sleep(lasts_s)
        load.wait_for_acknowledgement(time.monotonic() - 0.5)
    finally:
        struck.heal()
    healed = time.monotonic()
    wait_redundant(app)
    print(f"{fault.kind} for {lasts_s:.1f} s; redundant {time.monotonic() - healed:.2f} s after it healed", flush=True)
    return fault


def run_partitions(app, links, load, wanted: list, chance, struck: list):
    try:
        with load:
            load.wait_for_more(100)
            for link, direction, action in wanted:
                time.sleep(chance.uniform(0, 1.5))
                struck.append(partition(app, links, load, link, direction, action, chance.uniform(*LASTS_S)))
    finally:
        print(report(load, struck))
    check_none_failed(load, struck)
    check_journals_equal(app)
    evidence.check_everything(app, load, within_s=120)


def test_a_link_that_is_cut_stops_nobody_and_heals(app, links, seed, chance, long_mode, tmp_path):
    between = ("primary-spare", "monitor-primary", "monitor-spare")
    wanted = [(link, direction, "drop") for link in between for direction in DIRECTIONS]
    wanted += [(link, "both", "stall") for link in between]
    wanted *= 5 if long_mode else 1
    chance.shuffle(wanted)
    load = SteadyLoad(app.port, tmp_path / "clients.log", seed, connections=64, rate=500)
    run_partitions(app, links, load, wanted, chance, [])


def test_connections_that_break_again_and_again_cost_no_command(app, links, seed, chance, long_mode, tmp_path):
    load, struck = SteadyLoad(app.port, tmp_path / "clients.log", seed, connections=64, rate=500), []
    with load:
        load.wait_for_more(100)
        for number in range(40 if long_mode else 10):
            link = chance.choice(["primary-spare", "monitor-primary", "monitor-spare"])
            between = links.between(link)
            struck.append(Fault(f"{link} cut", str(number), time.monotonic()))
            between.cut()
            time.sleep(chance.uniform(0.0, 1.0))
        wait_redundant(app)
    print(report(load, struck))
    check_none_failed(load, struck)
    check_journals_equal(app)
    evidence.check_everything(app, load, within_s=120)


def test_a_slow_link_to_the_spare_makes_commands_slower_and_no_more(app, links, seed, tmp_path):
    """50 ms each way: below what the primary waits, so the spare stays in sync."""
    wait_no_fail_back_due(app)
    load = SteadyLoad(app.port, tmp_path / "clients.log", seed, connections=64, rate=200)
    with load:
        load.wait_for_more(100)
        link, since = links.between("primary-spare"), time.monotonic()
        link.set("both", "delay", delay_ms=50)
        epoch = monitor_view(app)["users"]["epoch"]
        load.wait_for_more(300)
        assert monitor_view(app)["users"]["epoch"] == epoch, "a slow spare was dropped"
        assert not [command for command in load.commands if since + 0.2 < command.sent and command.took_s < 0.1], \
            "a command was answered before the spare can have had it"
        link.heal()
    check_none_failed(load, [])
    check_journals_equal(app)
    evidence.check_everything(app, load)
