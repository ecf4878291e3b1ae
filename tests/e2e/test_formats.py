"""What docs/formats.md says of files and streams is so: of its own examples, and of a running instance."""
import hashlib
import json
import re
from pathlib import Path

import pytest

import formats
import streams
from elsewhere import elsewhere, not_here
from sportapp import NAMES, nodes_of, running, taken, unique
from waiting import until

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
BLOCKS = re.findall(r"```\w*\n(.*?)```", PAGE.read_text(), re.DOTALL)


def block(what: str) -> str:
    return next(text for text in BLOCKS if what in text)


# --- the page's examples ---

def test_the_entry_of_the_page_has_the_hash_that_the_page_says():
    entry = json.loads(block('"fingerprint"'))
    entry["fingerprint"] = bytes.fromhex(entry["fingerprint"])
    assert formats.chained(formats.NO_HASH, entry).hex() == entry["hash"]


def test_the_slot_of_the_page_can_be_read():
    slot = bytes.fromhex(block(b"sportapp promise".hex()).replace("\n", ""))
    assert formats.promise(slot) == 7


def test_the_record_of_the_page_has_its_checksum():
    assert json.loads(formats.checked_line(block('"in_sync"')))["primary"] == "a"


def test_the_event_of_the_page_has_its_mac():
    event = json.loads(block('"mac"'))
    assert formats.event_mac(bytes(32), "users", event) == event["mac"]


# --- an instance's files ---

@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """An instance that registered users and ended cleanly, and what its stream held before."""
    if elsewhere():
        not_here()
    with running(tmp_path_factory.mktemp("formats") / "data") as app:
        for _ in range(20):
            taken(app.post({"username": unique("format")}))
        until("the stream has all entries", lambda: len(streams.entries(app, "users")) >= 20)
        events = [json.loads(line) for _, line in streams.entries(app, "users")]
        app.done("down")
        yield app, events


@pytest.fixture
def app(ended):
    return ended[0]


def folders(app) -> list:
    return [app.data / name for service in NAMES for name in nodes_of(service)]


def test_journals_are_chained_as_the_page_says(app):
    for folder in folders(app):
        previous = formats.NO_HASH
        for entry in formats.entries(folder / "journal.db"):
            previous = formats.chained(previous, entry)
            assert previous == entry["hash"], f"{folder.name} entry {entry['seq']}"


def test_what_stands_beside_a_journal_says_where_it_ended(app):
    for folder in folders(app):
        rows = formats.entries(folder / "journal.db")
        end = (rows[-1]["seq"], rows[-1]["hash"]) if rows else (0, formats.NO_HASH)
        assert formats.mark((folder / "journal.mark").read_bytes())["head"] == end
        sealed = formats.seal((folder / "journal.seal").read_bytes())
        content = (folder / "journal.db").read_bytes()
        assert sealed["head"] == end
        assert sealed["bytes"] == len(content)
        assert sealed["hash"] == hashlib.blake2b(content, digest_size=32).digest()


def test_records_and_promises_fit_together(app):
    for service in NAMES:
        record = json.loads(formats.checked_line((app.data / "monitor" / f"{service}.record").read_text()))
        assert {member["node"] for member in record["in_sync"]} == {name[-1] for name in nodes_of(service)}
        for name in nodes_of(service):
            assert formats.promise((app.data / name / "promise").read_bytes()) <= record["epoch"]
        floor = app.data / "monitor" / f"{service}.floor"
        if floor.exists():
            assert json.loads(formats.checked_line(floor.read_text()))["epoch"] <= record["epoch"]


def test_events_of_the_stream_are_bound_to_the_journal(ended):
    app, events = ended
    key = streams.instance_key(app)
    rows = formats.entries(app.data / nodes_of("users")[0] / "journal.db")
    assert len(events) == len(rows)
    for event, row in zip(events, rows):
        assert (event["seq"], event["hash"]) == (row["seq"], row["hash"].hex())
        assert formats.event_mac(key, "users", event) == event["mac"]
