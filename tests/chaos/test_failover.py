"""Nodes die, hang, are replaced and upgraded under load: no client notices, and everything is redundant again by itself.

SPORTAPP_LONG=1 has the full counts, SPORTAPP_KINDS=crash,hang only some kinds, SPORTAPP_RATE and SPORTAPP_CONNECTIONS
another load, SPORTAPP_COUNT another count of each.
"""
import os
import time

import pytest

import evidence
from faults import Faults
from outage import check_none_failed, report
from redundancy import check_journals_equal, events_of, wait_redundant
from shop_under_load import StockedShop, check_orders
from sportapp import NAMES, SPARES
from steady_load import SteadyLoad

pytestmark = pytest.mark.skipif(SPARES == 0, reason="a service has one node only")
COUNTS = {"crash": 5, "hang": 2, "freeze": 1, "spare": 2, "both": 1, "monitor": 1, "switchover": 2, "rolling": 1}
LONG_COUNTS = {"crash": 100, "hang": 30, "freeze": 10, "spare": 30, "both": 20, "monitor": 20, "switchover": 10,
               "rolling": 3}
ORDERS_COUNTS = {"crash": 3, "hang": 1, "spare": 1, "both": 1, "switchover": 1}
LONG_ORDERS_COUNTS = {**LONG_COUNTS, "rolling": 1}
PAUSE_S = 1.5  # the next fault strikes at a random moment within it, so that some meet the preferred node's return


def load_options(connections: int = 256, rate: int = 0) -> dict:
    """The short run is one of programs with sanitizers, too, on a machine that has more to do."""
    rate = rate or (1000 if os.environ.get("SPORTAPP_LONG") else 200)
    return {"connections": int(os.environ.get("SPORTAPP_CONNECTIONS", connections)),
            "rate": int(os.environ.get("SPORTAPP_RATE", rate))}


def kinds_to_strike(counts: dict, chance) -> list:
    """Each kind as often as it shall be, in a random order."""
    wanted = [kind for kind in os.environ.get("SPORTAPP_KINDS", "").split(",") if kind] or list(counts)
    unknown = set(wanted) - set(counts)
    assert not unknown, f"SPORTAPP_KINDS: {unknown} are none of {list(counts)}"
    found = [kind for kind in wanted for _ in range(int(os.environ.get("SPORTAPP_COUNT", counts[kind])))]
    chance.shuffle(found)
    return found


def strike_all(app, load, kinds: list, faults_of, chance, struck: list):
    """One fault after the other, each once everything is redundant again; `struck` is filled as they come."""
    wait_redundant(app)
    load.wait_for_more(100)
    for number, kind in enumerate(kinds):
        time.sleep(chance.uniform(0, PAUSE_S))
        struck.append(faults_of(number).strike(kind))
        struck_s = time.monotonic()
        load.wait_for_acknowledgement(struck[-1].at)
        wait_redundant(app)
        print(f"{number + 1}/{len(kinds)} {kind}: {struck[-1].what}; redundant again "
              f"{time.monotonic() - struck_s:.2f} s later", flush=True)


def told(app, load, struck: list):
    """Always printed, also when something failed."""
    print(report(load, struck))
    print(f"{len(events_of(app))} decisions of the monitor")


def test_registrations_go_on_whatever_happens_to_a_node(app, seed, chance, long_mode, tmp_path):
    kinds = kinds_to_strike(LONG_COUNTS if long_mode else COUNTS, chance)
    faults, struck = Faults(app, chance), []
    load = SteadyLoad(app.port, tmp_path / "clients.log", seed, **load_options())
    try:
        with load:
            strike_all(app, load, kinds, lambda number: faults, chance, struck)
    finally:
        told(app, load, struck)
    check_none_failed(load, struck)
    for service in NAMES:
        check_journals_equal(app, service)
    evidence.check_everything(app, load, within_s=300)


def test_orders_go_on_whatever_happens_to_a_node(app, seed, chance, long_mode, tmp_path):
    """Faults strike the nodes of users, products and orders in turn, while orders are on their way between them."""
    kinds = kinds_to_strike(LONG_ORDERS_COUNTS if long_mode else ORDERS_COUNTS, chance)
    faults, struck = {name: Faults(app, chance, name) for name in NAMES}, []
    shop = StockedShop(app)
    load = SteadyLoad(app.port, tmp_path / "clients.log", seed, path="/api-commands/orders", bodies=shop.bodies(),
                      **load_options(rate=200))
    order = ["orders", "products", *NAMES]
    try:
        with load:
            strike_all(app, load, kinds, lambda number: faults[order[number % len(order)]], chance, struck)
    finally:
        told(app, load, struck)
    check_none_failed(load, struck)
    check_orders(app, load, shop)
    for service in NAMES:
        check_journals_equal(app, service)
    print(evidence.verify(app))
