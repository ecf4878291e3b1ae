"""A request that ends the process which executes it: it does so once, is answered as what it is, and spoils nothing else.

The programs of the laboratory (`sportapp experiment up`, lab/poison) do to themselves what the first text of a request says.
"""
import json
import time

import pytest

import evidence
from faults import Fault
from outage import check_none_failed, report
from redundancy import check_journals_equal, wait_redundant
from sportapp import SPARES, bin_dir, nodes_of
from steady_load import SteadyLoad

pytestmark = pytest.mark.skipif(SPARES == 0, reason="a service has one node only")
WHERE = ("poison", "poison-parse")  # when it is decided; when it is read
HOW = ("crash", "hang", "memory")
QUARANTINED = "urn:sportapp:problem:request-quarantined"
ANSWERED_WITHIN_S = 60.0


@pytest.fixture
def lab(new_instance):
    assert (bin_dir() / "lab" / "users-commands").exists(), "the programs of the laboratory are not built"
    app = new_instance()
    app.up(lab=True)
    wait_redundant(app)
    return app


def ends_of_nodes(app) -> int:
    """How many processes of users' nodes were started again, so far."""
    listed = json.loads(app.cli("status", "--json").stdout)["processes"]
    return sum(one["restarts"] for one in listed if one["name"] in nodes_of("users"))


def check_quarantined(answer):
    assert answer.status_code == 500, f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    body = answer.json()
    assert body["type"] == QUARANTINED and body["detail"] and body["error"], body


def send_poison(app, what: str, struck: list):
    """Sent once, and, once all is well again, once more under its key and once under another: always the same answer."""
    name, key = f"{what}-{len(struck)}", f"key-{what}-{len(struck)}"
    before = ends_of_nodes(app)
    struck.append(Fault(what, name, time.monotonic()))
    check_quarantined(app.register(name, key=key, timeout=ANSWERED_WITHIN_S))
    answered_s = time.monotonic() - struck[-1].at
    wait_redundant(app)
    ended = ends_of_nodes(app) - before
    assert ended == 1, f"{what} ended {ended} processes"
    check_quarantined(app.register(name, key=key, timeout=ANSWERED_WITHIN_S))
    check_quarantined(app.register(name, key=key + "-again", timeout=ANSWERED_WITHIN_S))
    assert ends_of_nodes(app) - before == 1, f"{what} ended another process when it was sent again"
    assert app.user(name) == []
    print(f"{what}: answered after {answered_s:.2f} s", flush=True)


def test_a_poison_request_ends_one_process_once(lab, seed, chance, long_mode, tmp_path):
    wanted = [f"{where}:{how}" for where in WHERE for how in HOW] * (3 if long_mode else 1)
    chance.shuffle(wanted)
    load, struck = SteadyLoad(lab.port, tmp_path / "clients.log", seed, connections=64, rate=300), []
    try:
        with load:
            load.wait_for_more(100)
            for what in wanted:
                time.sleep(chance.uniform(0, 1.0))
                send_poison(lab, what, struck)
                load.wait_for_acknowledgement(time.monotonic())
    finally:
        print(report(load, struck))
    check_none_failed(load, struck)
    check_journals_equal(lab)
    evidence.check_everything(lab, load)


def test_two_different_poison_requests_at_once(lab, seed, tmp_path):
    """Each is found out; the node that one of them did not end is not ended by the other for ever."""
    load, struck = SteadyLoad(lab.port, tmp_path / "clients.log", seed, connections=64, rate=300), []
    with load:
        load.wait_for_more(100)
        before = ends_of_nodes(lab)
        poison = SteadyLoad(lab.port, tmp_path / "poison.log", seed, connections=2, rate=2, prefix="p",
                            bodies=('{"username":"poison:crash-1"}', '{"username":"poison:crash-2"}'))
        struck.append(Fault("both", "two poison requests", time.monotonic()))
        with poison:
            time.sleep(5.0)
        wait_redundant(lab)
        load.wait_for_acknowledgement(time.monotonic())
        ended = ends_of_nodes(lab) - before
    assert 1 <= ended <= 2, f"two poison requests ended {ended} processes"
    assert {command.outcome for command in poison.commands} <= {"500", "503"}, poison.outcomes()
    assert "500" in poison.outcomes()
    check_none_failed(load, struck)
    check_journals_equal(lab)
    evidence.check_everything(lab, load)
