"""An operator's hands on nodes: stop, start, restart, switch over, promote; what `status` says meanwhile."""
import json

import pytest

from sportapp import SPARES, nodes_of, running
from waiting import until

pytestmark = pytest.mark.skipif(SPARES == 0, reason="a service has one node only")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """An instance whose nodes are stopped and started; each test leaves all of them in sync.

    Only the test's hands move its primary: the preferred node does not take its place back by itself.
    """
    with running(tmp_path_factory.mktemp("pair") / "data", settings="[failover]\nfail_back = false\n") as instance:
        wait_in_sync(instance)
        yield instance


def told(instance) -> dict:
    return json.loads(instance.cli("status", "--json").stdout)


def row(instance, name: str) -> dict:
    return next(one for one in told(instance)["processes"] if one["name"] == name)


def wait_in_sync(instance, *names):
    names = names or nodes_of("users")
    until(f"{names} are in sync", lambda: all(row(instance, name)["in_sync"] for name in names), 60)


def test_a_switchover_lets_the_other_node_take_commands(pair):
    before = pair.primary_of()
    assert "primary" in pair.done("switchover", "users")
    after = pair.primary_of()
    assert after != before
    made = pair.registered()
    pair.wait_for_position(made)
    pair.done("switchover", "users", "--to", before[-1])
    assert pair.primary_of() == before
    wait_in_sync(pair)


@pytest.mark.parametrize("to", ["z", "own"])
def test_a_switchover_that_makes_no_sense_is_refused(pair, to):
    primary = pair.primary_of()
    refused = pair.cli("switchover", "users", "--to", primary[-1] if to == "own" else to)
    assert refused.returncode == 1
    assert refused.stderr.strip()
    assert pair.primary_of() == primary


def test_a_node_that_was_stopped_stays_so_and_status_says_by_whom(pair):
    spare = next(name for name in nodes_of("users") if name != pair.primary_of())
    pair.done("stop", spare)
    assert row(pair, spare)["state"] == "stopped"
    assert row(pair, spare)["stopped_by"] == "operator"
    until("it is no longer in sync", lambda: not row(pair, spare)["in_sync"])
    assert "operator" in pair.cli("status").stdout
    pair.registered()
    assert pair.cli("switchover", "users").returncode == 1, "there is nobody to switch over to"
    pair.done("start", spare)
    wait_in_sync(pair)


def test_a_primary_that_is_stopped_hands_over_first(pair):
    before = pair.primary_of()
    pair.done("stop", before)
    assert pair.primary_of() != before
    pair.registered()
    pair.done("start", before)
    wait_in_sync(pair)


def test_a_spare_takes_commands_and_gives_them_to_the_primary(pair):
    """Whoever asks it gets the answer of the primary; and of its feed, that it has none."""
    spare = next(name for name in nodes_of("users") if name != pair.primary_of())
    answer = pair.direct(spare, "/api-commands/users", "POST", json={"username": f"by-the-spare-{id(pair)}"},
                         headers={"Idempotency-Key": f"by-the-spare-{id(pair)}"})
    assert answer.status_code == 200, answer.text
    assert pair.direct(spare, "/internal/feed?after=0&limit=1").status_code == 503


def test_promote_says_what_may_be_lost_and_does_nothing_without_force(pair):
    primary = pair.primary_of()
    spare = next(name for name in nodes_of("users") if name != primary)
    refused = pair.cli("promote", "users", spare[-1])
    assert refused.returncode == 2
    assert "lost" in refused.stderr and "--force" in refused.stderr
    assert pair.primary_of() == primary
    assert "force" not in pair.done("events")


def test_promote_by_force_helps_where_the_primarys_disk_is_lost(new_instance):
    """The spare had been away; the primary's disk is gone with it: nobody may take over but by an operator's word."""
    instance = new_instance()
    wait_in_sync(instance)
    primary, spare = nodes_of("users")
    made = instance.registered()
    instance.done("stop", spare)
    until("it is no longer in sync", lambda: not row(instance, spare)["in_sync"])
    instance.registered()
    instance.done("stop", primary)
    for file in (instance.data / primary).iterdir():
        file.unlink()
    instance.done("start", spare)
    assert instance.register("nobody-takes-it", timeout=30).status_code == 503
    assert "lost" in instance.done("promote", "users", spare[-1], "--force")
    assert instance.primary_of() == spare
    assert [user["id"] for user in instance.users_in_journal()] == [made.json()["id"]]
    instance.done("start", primary)
    wait_in_sync(instance)
    instance.registered()
