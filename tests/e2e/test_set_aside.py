"""An event that cannot be applied stops nothing else: it is set aside, told, and can be tried again."""
import contextlib
import hashlib
import json
import sqlite3

import pytest

from shop import Shop, add_product, settled, view_of
from sportapp import nodes_of, queries_of, running
from waiting import until

WHO = (*queries_of("products"), "orders")  # those who take in the events of products; of orders, the primary


def process_of(instance, name: str) -> str:
    return instance.primary_of(name) if name == "orders" else name


def chained(previous: bytes, fields: list) -> bytes:
    """The hash of an entry, as src/store/journal/entry.cpp makes it."""
    hashed = hashlib.blake2b(digest_size=32)
    for field in (previous, *fields):
        if isinstance(field, str):
            field = field.encode()
        number = field if isinstance(field, int) else len(field)
        hashed.update(number.to_bytes(8, "little", signed=True))
        if not isinstance(field, int):
            hashed.update(field)
    return hashed.digest()


def append_to_journal(file, kind: str, payload: str) -> int:
    """An entry that no rule of this program made, as one of a newer or of a wrong version; gives its seq."""
    with contextlib.closing(sqlite3.connect(file)) as journal:
        seq, epoch, previous = journal.execute("SELECT seq, epoch, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        fields = [seq + 1, epoch, 1, f"nonsense-{seq + 1}", bytes(16), kind, 1, payload, 200, "{}", ""]
        row = (seq + 1, epoch, 1, f"nonsense-{seq + 1}", bytes(16), kind, 1, payload, 200, "{}", "",
               chained(previous, fields))
        journal.execute("INSERT INTO entries VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        journal.commit()
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.with_name("journal.seal").unlink()  # it says how the file was closed before
    return seq + 1


@pytest.fixture(scope="module")
def struck(tmp_path_factory):
    """An instance whose journal of products has one event that nobody understands."""
    with running(tmp_path_factory.mktemp("struck") / "data") as instance:
        first = add_product(instance)
        instance.wait_for_position(first)
        assert instance.down().returncode == 0
        seqs = {append_to_journal(instance.data / name / "journal.db", "ProductAdded", json.dumps({"id": "nonsense"}))
                for name in nodes_of("products")}
        assert len(seqs) == 1, "the nodes' journals are not equal"
        instance.struck_seq = seqs.pop()
        instance.up()
        yield instance


def entry(instance, name: str) -> dict:
    name, listed = process_of(instance, name), json.loads(instance.cli("status", "--json").stdout)["processes"]
    return next(one for one in listed if one["name"] == name)


def set_aside(instance, name: str) -> list:
    """Nothing while it has nothing to tell: it begins, or another became the primary meanwhile."""
    answer = instance.direct(process_of(instance, name), "/internal/events/set-aside")
    assert answer.status_code in (200, 503), answer.text
    return answer.json().get("set_aside", [])


@pytest.mark.parametrize("name", WHO)
def test_it_is_set_aside_with_its_reason_and_counted(struck, name):
    found = until(f"{name} has set it aside", lambda: set_aside(struck, name))
    assert [(one["source"], one["seq"], one["type"]) for one in found] == [("products", struck.struck_seq, "ProductAdded")]
    assert found[0]["reason"]
    # Another node may become the primary meanwhile, and count it a moment later.
    until(f"{name} counts it", lambda: entry(struck, name)["set_aside"] == 1)


def test_everything_after_it_goes_on(struck):
    add_product(struck)
    made = add_product(struck, stock=5)
    assert view_of(struck, made)["stock"] == 5
    shop = Shop(struck, stock=2)
    assert settled(struck, shop.ordered(2))["state"] == "completed"


def test_it_is_listed_for_the_operator(struck):
    until("all have set it aside", lambda: all(set_aside(struck, name) for name in WHO))
    told = struck.cli("events")
    assert all(process_of(struck, name) in told.stdout for name in WHO)
    assert str(struck.struck_seq) in told.stdout and "ProductAdded" in told.stdout
    assert "set" in struck.cli("status").stdout


def test_tried_again_it_is_still_wrong_and_kept(struck):
    until("all have set it aside", lambda: all(set_aside(struck, name) for name in WHO))
    struck.cli("events", "retry")
    for name in WHO:
        retried = struck.direct(process_of(struck, name), "/internal/events/retry", method="POST")
        assert retried.json()["left"] == 1
        assert [one["seq"] for one in set_aside(struck, name)] == [struck.struck_seq]


def test_it_outlives_a_restart(struck):
    for name in WHO:
        process = process_of(struck, name)
        struck.wait_restarted(process, struck.kill(process))
        struck.wait_healthy()
        kept = until(f"{name} tells what it set aside", lambda of=name: set_aside(struck, of))
        assert [one["seq"] for one in kept] == [struck.struck_seq]
