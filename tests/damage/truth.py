"""What clients were told, and what a node's journal holds: read by SQLite from a copy, without the program."""
import contextlib
import json
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import NamedTuple

JOURNAL = "journal.db"


class Command(NamedTuple):
    """One that a client was told is done."""
    service: str
    key: str
    path: str
    body: dict
    answer: dict


class Record(NamedTuple):
    """The monitor's, of one service."""
    primary: str
    in_sync: list


class Holding(NamedTuple):
    """All that a journal holds."""
    tables: dict  # name -> its rows; of `entries` in the order of seq
    keys: dict    # key of an entry -> its seq
    fault: str    # why it cannot be read or is not whole; empty where it is

    @property
    def entries(self) -> list:
        return self.tables.get("entries", [])


def record_of(data: Path, service: str) -> Record:
    said = json.loads((data / "monitor" / f"{service}.record").read_text().splitlines()[0])
    return Record(said["primary"], sorted(member["node"] for member in said["in_sync"]))


def holding(folder: Path) -> Holding:
    """Of the node that has this folder, which nobody is using; the folder stays as it is."""
    if not (folder / JOURNAL).exists():
        return Holding({}, {}, "there is no journal")
    with tempfile.TemporaryDirectory() as scratch:
        for file in folder.glob(f"{JOURNAL}*"):
            if not file.name.endswith("-shm"):  # recreated by whoever reads
                shutil.copy(file, scratch)
        try:
            with contextlib.closing(sqlite3.connect(Path(scratch) / JOURNAL)) as database:
                return _read(database)
        except sqlite3.Error as failed:
            return Holding({}, {}, str(failed))


def _read(database) -> Holding:
    database.text_factory = bytes  # a changed byte may be no UTF-8
    names = [name.decode(errors="replace") for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    tables = {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    keys = dict(database.execute("SELECT key, seq FROM entries")) if "entries" in names else {}
    complaint = database.execute("PRAGMA integrity_check").fetchone()[0].decode(errors="replace")
    return Holding(tables, {key.decode(errors="replace"): seq for key, seq in keys.items()},
                   "" if complaint == "ok" else complaint)


def live_entries(folder: Path) -> list:
    """Of the node that has this folder, while it runs."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / JOURNAL}?mode=ro", uri=True, timeout=30)) as database:
        database.text_factory = bytes
        return database.execute("SELECT * FROM entries ORDER BY seq").fetchall()


class Truth(NamedTuple):
    """Of one service when the instance ended: what no start may lose."""
    record: Record
    commands: list  # acknowledged
    rows: list      # entries up to the last acknowledged one
    nodes: dict     # node -> Holding

    def missing(self, entries: list) -> int:
        """How many entries of it are not among those, or are otherwise."""
        return len(set(self.rows) - set(entries))


def truth_of(data: Path, service: str, nodes, commands) -> Truth:
    """Every node in sync must hold all that was acknowledged: this is the promise, and it is checked."""
    record = record_of(data, service)
    held = {node: holding(data / f"{service}-commands-{node}") for node in nodes}
    own = [command for command in commands if command.service == service]
    last = {}
    for node in record.in_sync:
        lost = [command.key for command in own if command.key not in held[node].keys]
        assert not held[node].fault and not lost, f"{service} {node}: {held[node].fault}, acknowledged and not there: {lost}"
        last[node] = max(held[node].keys[command.key] for command in own)
    assert len(set(last.values())) == 1, f"{service}: the last acknowledged entry is at {last}"
    length = last[record.primary]
    rows = {node: held[node].entries[:length] for node in record.in_sync}
    assert all(found == rows[record.primary] for found in rows.values()), f"{service}: the journals in sync differ"
    return Truth(record, own, rows[record.primary], held)
