"""What an instance holds, against what its clients were told."""
import collections
import contextlib
import json
import sqlite3
import time
from typing import NamedTuple

from sportapp import QUERIES, nodes_of
from waiting import until


class Entry(NamedTuple):
    seq: int
    key: str
    type: str
    payload: dict
    answer: dict


def _journals(instance, service: str) -> list:
    """Of every node that has one; a node may be gone, or behind."""
    files = [instance.data / name / "journal.db" for name in nodes_of(service, spares=2)]
    return [sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30) for file in files if file.exists()]


def head(instance, service: str = "users") -> int:
    """The last entry's seq, from the files: the processes may be gone."""
    found = 0
    for journal in _journals(instance, service):
        with contextlib.closing(journal):
            found = max(found, journal.execute("SELECT coalesce(max(seq), 0) FROM entries").fetchone()[0])
    return found


def entries(instance, service: str = "users") -> list:
    """Of the node that has most."""
    longest = []
    for journal in _journals(instance, service):
        with contextlib.closing(journal):
            rows = journal.execute("SELECT seq, key, type, payload, answer FROM entries ORDER BY seq").fetchall()
        longest = max(longest, rows, key=len)
    return [Entry(seq, key, kind, json.loads(payload), json.loads(answer) if answer else None)
            for seq, key, kind, payload, answer in longest]


def listed(instance, name: str = None, page: int = 1000, service: str = "users") -> list:
    """The whole list, page by page: through the gateway, or of one queries process by its name."""
    found = []
    while True:
        after = found[-1]["id"] if found else 0
        path = f"/api-queries/{service}?limit={page}&after={after}"
        answer = instance.direct(name, path) if name else instance.get(path)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        new = answer.json()
        found += new
        if len(new) < page:
            return found


def repeated(values) -> list:
    return [value for value, count in collections.Counter(values).items() if count > 1]


def check_acknowledged(found: list, *loads):
    """Every acknowledged command is in the journal, once, with the answer that was given."""
    assert [entry.seq for entry in found] == list(range(1, len(found) + 1)), "the journal has gaps"
    assert not repeated(entry.key for entry in found)
    by_key = {entry.key: entry for entry in found}
    for load in loads:
        assert not load.wrong, "\n".join(load.wrong[:20])
        lost = [key for key in load.acknowledged if key not in by_key]
        assert not lost, f"{len(lost)} of {load.count} acknowledged commands are lost: {lost[:10]}"
        other = [(key, told.body, by_key[key].answer) for key, told in load.acknowledged.items()
                 if told.body != by_key[key].answer]
        assert not other, f"answers that are not what the journal holds: {other[:10]}"


def check_journal(instance, *loads) -> list:
    """No acknowledged registration lost, none doubled, same key same answer; no entry that nobody asked for."""
    found = entries(instance)
    check_acknowledged(found, *loads)
    assert not repeated(entry.payload["username"] for entry in found)
    assert not repeated(entry.payload["id"] for entry in found)
    tried = {key for load in loads for key in load.tried}
    unasked = [entry.key for entry in found if entry.key not in tried]
    assert not unasked, f"entries that nobody asked for: {unasked[:10]}"
    return found


def check_read_models(instance, found: list, within_s: float = 60.0):
    """Both read models show every entry, once, in order."""
    instance.wait_for_position(len(found), within_s)
    expected = [entry.payload for entry in found]
    for name in QUERIES:
        shown = listed(instance, name)
        assert len(shown) == len(expected), f"{name} shows {len(shown)} of {len(expected)} users"
        assert shown == expected, f"{name} shows other users than the journal has"


def verify(instance):
    """`sportapp verify`, which must find nothing; gives what it printed."""
    done = instance.cli("verify", within_s=600)
    assert done.returncode == 0, f"verify: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def check_everything(instance, *loads, within_s: float = 60.0) -> list:
    found = check_journal(instance, *loads)
    check_read_models(instance, found, within_s)
    print(verify(instance))
    return found


def wait_for_more(load, count: int, within_s: float = 60.0):
    """Until the clients have so many acknowledgements more than now."""
    before = load.count
    until(f"{count} more registrations", lambda: load.count >= before + count, within_s)


def wait_for_head(instance, seq: int, within_s: float = 300.0):
    until(f"entry {seq} in the journal", lambda: head(instance) >= seq, within_s)


def restart_after_kill(instance, name: str, within_s: float = 60.0):
    """kill -9, and until the supervisor has it running again; gives seconds until then."""
    began = time.monotonic()
    instance.wait_restarted(name, instance.kill(name), within_s)
    instance.wait_healthy(within_s)
    return time.monotonic() - began
