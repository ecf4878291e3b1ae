"""What can happen to the files of a node that is not running. Each kind gives a word on what it did, and where."""
import random
import shutil
import subprocess
from pathlib import Path

from truth import JOURNAL

OWN_WORD = ("journal.mark", "journal.seal")  # the node's own, on where its journal ended and what was in it
NOTHING = "nothing was there"


def copy(source: Path, target: Path):
    """With all that lies in it, sockets too."""
    subprocess.run(["cp", "-a", "--", source, target], check=True)


def _gone(*files: Path) -> str:
    found = [file for file in files if file.exists()]
    for file in found:
        file.unlink()
    return " ".join(f"{file.name} gone" for file in found) or NOTHING


def _cut(file: Path, chance: random.Random) -> str:
    size = file.stat().st_size if file.exists() else 0
    if size == 0:
        return NOTHING
    at = chance.randrange(size)
    with open(file, "r+b") as changed:
        changed.truncate(at)
    return f"{file.name} cut to {at} of {size} bytes"


def _byte(file: Path, chance: random.Random) -> str:
    size = file.stat().st_size if file.exists() else 0
    if size == 0:
        return NOTHING
    at, change = chance.randrange(size), chance.randrange(1, 256)
    with open(file, "r+b") as changed:
        changed.seek(at)
        before = changed.read(1)[0]
        changed.seek(at)
        changed.write(bytes([before ^ change]))
    return f"{file.name} byte {at} of {size}: {before:#04x} is {before ^ change:#04x}"


def _beside(folder: Path) -> list:
    return [folder / f"{JOURNAL}-wal", folder / f"{JOURNAL}-shm"]


def wal_gone(folder: Path, _old: Path, _chance) -> str:
    return _gone(*_beside(folder))


def wal_cut(folder: Path, _old: Path, chance) -> str:
    return _cut(folder / f"{JOURNAL}-wal", chance)


def wal_byte(folder: Path, _old: Path, chance) -> str:
    return _byte(folder / f"{JOURNAL}-wal", chance)


def tail_gone(folder: Path, _old: Path, _chance) -> str:
    """With the node's own word on its journal."""
    return _gone(*_beside(folder), *(folder / name for name in OWN_WORD))


def mark_gone(folder: Path, _old: Path, _chance) -> str:
    return _gone(*(folder / name for name in OWN_WORD))


def db_gone(folder: Path, _old: Path, chance) -> str:
    """Alone, or with what lies beside it."""
    return _gone(folder / JOURNAL, *chance.choice(([], _beside(folder))))


def db_empty(folder: Path, _old: Path, chance) -> str:
    """With or without what lies beside it."""
    size = (folder / JOURNAL).stat().st_size
    (folder / JOURNAL).write_bytes(b"")
    others = _gone(*_beside(folder)) if chance.random() < 0.5 else NOTHING
    return f"{JOURNAL} empty, was {size} bytes; " + ("the rest kept" if others == NOTHING else others)


def db_cut(folder: Path, _old: Path, chance) -> str:
    return _cut(folder / JOURNAL, chance)


def db_byte(folder: Path, _old: Path, chance) -> str:
    return _byte(folder / JOURNAL, chance)


def folder_gone(folder: Path, _old: Path, _chance) -> str:
    shutil.rmtree(folder)
    return "the folder gone"


def promise_gone(folder: Path, _old: Path, _chance) -> str:
    return _gone(folder / "promise")


def promise_empty(folder: Path, _old: Path, _chance) -> str:
    (folder / "promise").write_bytes(b"")
    return "promise empty"


def promise_old(folder: Path, old: Path, _chance) -> str:
    shutil.copy(old / "promise", folder / "promise")
    return "promise of an earlier time"


def old_copy(folder: Path, old: Path, _chance) -> str:
    shutil.rmtree(folder)
    copy(old, folder)
    return "the folder of an earlier time"


KINDS = {"wal-gone": wal_gone, "wal-cut": wal_cut, "wal-byte": wal_byte, "tail-gone": tail_gone, "db-gone": db_gone, "db-empty": db_empty,
         "db-cut": db_cut, "db-byte": db_byte, "folder-gone": folder_gone, "promise-gone": promise_gone,
         "promise-empty": promise_empty, "promise-old": promise_old, "mark-gone": mark_gone,
         "old-copy": old_copy}
