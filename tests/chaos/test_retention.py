"""Journals that delete their old entries under load, while nodes die: nothing acknowledged is lost, files stay small, and
read models, spares and backups are recreated all the same."""
import contextlib
import os
import shutil
import sqlite3

import pytest

import evidence
from redundancy import wait_redundant
from shop import Shop, add_product, settled
from sportapp import NAMES, QUERIES, Instance, nodes_of, run_cli, running, unique
from steady_load import SteadyLoad, latencies_ms
from waiting import until

KEEP = 400
# The stream is shorter than what is deleted, so that the feed is asked, and the base model is needed.
SETTINGS = f"[retention]\nkeep_entries = {KEEP}\nkeep_keys_s = 5\n[redis]\nstream_length_max = 100\n"
RATE, LONG_RATE = 250, 1000
COUNT, LONG_COUNT = 4000, 60_000
BYTES_MAX = 100 * 1024 * 1024


def base_of(app, node: str) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{app.data / node / 'journal.db'}?mode=ro", uri=True, timeout=30)) as journal:
        found = journal.execute("SELECT seq FROM base").fetchone()
    return found[0] if found else 0


def kept_in(app, node: str) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{app.data / node / 'journal.db'}?mode=ro", uri=True, timeout=30)) as journal:
        return journal.execute("SELECT count(*) FROM entries").fetchone()[0]


def wait_trimmed(app, service: str = "users"):
    """Every node has deleted what it may."""
    for node in nodes_of(service):
        until(f"{node} keeps {KEEP} entries or a batch more", lambda name=node: 0 < kept_in(app, name) <= KEEP + 600, 90)
        assert base_of(app, node) > 0, node


def done(app, *arguments) -> str:
    return app.done(*arguments, within_s=300)


def check_all_shown(app, load):
    """Each read model shows every acknowledged user as it was answered, and all show the same."""
    assert not load.wrong, "\n".join(load.wrong[:20])
    app.wait_for_position(evidence.head(app), 60)
    shown = {name: evidence.listed(app, name) for name in QUERIES}
    assert shown[QUERIES[0]] == shown[QUERIES[1]]
    by_id = {user["id"]: user for user in shown[QUERIES[0]]}
    assert sorted(by_id) == list(range(1, len(by_id) + 1)), "numbers are missing or doubled"
    lost = [told.body for told in load.acknowledged.values() if by_id.get(told.body["id"]) != told.body]
    assert not lost, f"{len(lost)} of {load.count} acknowledged are lost or other: {lost[:5]}"
    return shown[QUERIES[0]]


def rebuilt(app, service: str = "users"):
    said = done(app, "rebuild", service)
    assert said.count("identical to the one before") == 2, said
    print(said.strip())


@pytest.fixture(scope="module")
def worn(tmp_path_factory):
    """An instance after thousands of registrations, of which most entries are deleted, and its load. Killed meanwhile."""
    long_mode = bool(os.environ.get("SPORTAPP_LONG"))
    folder = tmp_path_factory.mktemp("worn")
    app = Instance(folder / "data", settings=SETTINGS)
    app.up()
    try:
        wait_redundant(app)
        load = SteadyLoad(app.port, folder / "load.log", 7, connections=64, rate=LONG_RATE if long_mode else RATE)
        with load:
            for _ in range(4):
                load.wait_for_more((LONG_COUNT if long_mode else COUNT) // 4, 600)
                app.kill(app.primary_of("users"))
        wait_redundant(app)
        print(load.outcomes(), latencies_ms(load.commands))
        yield app, load
    finally:
        app.finish()


def feed_from_the_start(app):
    """Who was asked, and its answer; None where it was primary no more, for the preferred node takes its place back."""
    primary = app.primary_of("users")
    answer = app.direct(primary, "/internal/feed?after=0")
    return (primary, answer) if answer.status_code != 503 else None


def made_primary(app, node: str):
    """By a switchover, or because it is the preferred one and took its place back."""
    until(f"{node} is the primary", lambda: app.primary_of("users") == node
          or app.cli("switchover", "users", "--to", node[-1]).returncode == 0, 60)


def test_nothing_is_lost_while_the_primary_dies_and_entries_are_deleted(worn):
    app, load = worn
    wait_trimmed(app)
    users = check_all_shown(app, load)
    print(f"{len(users)} users; kept of {evidence.head(app)} entries: "
          f"{ {node: kept_in(app, node) for node in nodes_of('users')} }")
    print(evidence.verify(app))
    status = app.cli("status").stdout
    assert "deleted by retention" in status, status
    primary, answer = until("the primary says what of its feed it deleted", lambda: feed_from_the_start(app))
    assert answer.status_code == 410, answer.text
    assert str(base_of(app, primary)) in answer.json()["detail"]


def test_files_stay_small(worn):
    app, _ = worn
    wait_trimmed(app)
    sizes = {node: (app.data / node / "journal.db").stat().st_size for node in nodes_of("users")}
    print(sizes)
    assert max(sizes.values()) < BYTES_MAX


def test_a_rebuilt_read_model_is_identical(worn):
    app, load = worn
    before = check_all_shown(app, load)
    rebuilt(app)
    assert check_all_shown(app, load) == before


def test_a_read_model_that_was_thrown_away_comes_back(worn):
    app, load = worn
    before = check_all_shown(app, load)
    done(app, "stop", QUERIES[0])
    shutil.rmtree(app.data / QUERIES[0])
    done(app, "start", QUERIES[0])
    app.wait_for_position(evidence.head(app), 60)
    assert evidence.listed(app, QUERIES[0]) == before
    assert "restored" in app.log(QUERIES[0])
    rebuilt(app)
    print(evidence.verify(app).strip().splitlines()[-1])


@pytest.mark.parametrize("which", ["primary", "spare"])
def test_a_node_whose_disk_was_thrown_away_comes_back(worn, which):
    app, load = worn
    primary = app.primary_of("users")
    spare = next(node for node in nodes_of("users") if node != primary)
    lost = primary if which == "primary" else spare
    before = check_all_shown(app, load)
    done(app, "stop", lost)
    shutil.rmtree(app.data / lost)
    done(app, "start", lost)
    wait_redundant(app)
    until(f"{lost} has its base model", lambda: (app.data / lost / "base.db").exists(), 30)
    assert base_of(app, lost) > 0
    made_primary(app, lost)
    wait_redundant(app)
    rebuilt(app)
    assert check_all_shown(app, load) == before
    print(evidence.verify(app).strip().splitlines()[-1])


def test_what_was_answered_lately_is_answered_again_and_old_keys_are_new(worn):
    app, load = worn
    key = unique("key")
    name = unique("repeated")
    first = app.register(name, key=key)
    again = app.register(name, key=key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    old_key, told = next(iter(load.acknowledged.items()))
    refused = app.post({"username": told.username}, key=old_key)
    assert refused.status_code == 409, "its entry is deleted, the name is still taken"


def test_a_backup_is_whole_and_what_is_restored_goes_on(worn, tmp_path, new_instance):
    app, load = worn
    before = check_all_shown(app, load)
    done(app, "backup", tmp_path / "backup")
    checked = run_cli("verify", "--backup", tmp_path / "backup", within_s=300)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "not checked" in checked.stdout
    print(checked.stdout)
    restored = run_cli("restore", tmp_path / "backup", "--data", tmp_path / "elsewhere")
    assert restored.returncode == 0, restored.stdout + restored.stderr
    other = new_instance(tmp_path / "elsewhere")
    other.up()
    wait_redundant(other)
    other.wait_for_position(evidence.head(other), 60)
    for name in QUERIES:
        assert evidence.listed(other, name)[:len(before)] == before
    made = other.registered()
    assert made.json()["id"] > max(user["id"] for user in before)
    assert settled(other, Shop(other).ordered())["state"] == "completed"
    other.wait_for_position(evidence.head(other), 60)
    rebuilt(other)
    print(evidence.verify(other).strip().splitlines()[-1])


def test_orders_come_through_while_everything_is_deleted(worn):
    app, _ = worn
    shop = Shop(app)
    for _ in range(30):
        assert settled(app, shop.ordered())["state"] in ("completed", "failed")
    for name in NAMES:
        rebuilt(app, name)
    print(evidence.verify(app).strip().splitlines()[-1])


def test_a_service_that_comes_too_late_for_anothers_events_says_so_and_stops_nobody(tmp_path):
    """Orders are down for longer than the users they should know are kept: those are not skipped, and not hidden."""
    few = "[retention]\nkeep_entries = 20\nkeep_keys_s = 1\n[redis]\nstream_length_max = 10\n"
    with running(tmp_path / "late", settings=few) as app:
        for node in nodes_of("orders"):
            done(app, "stop", node)
        for _ in range(700):
            app.registered()
        until("the first users' events are deleted", lambda: base_of(app, app.primary_of("users")) > 100, 60)
        for node in nodes_of("orders"):
            done(app, "start", node)
        wait_redundant(app)
        told = until("status tells it", lambda: [line for line in done(app, "status").splitlines()
                                                 if "can no longer be taken in" in line], 60)
        assert "orders-commands" in told[0] and "users from " in told[0], told
        app.registered()
        add_product(app)
        print(evidence.verify(app).strip().splitlines()[-1])
