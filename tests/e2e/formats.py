"""Reads SportApp's files by the rules of docs/formats.md alone: nothing here is taken from the program."""
import hashlib
import sqlite3
import struct

SLOT_EVERY = 4096
ENTRY_COLUMNS = ("seq", "epoch", "time_ms", "key", "fingerprint", "type", "version", "payload", "status", "answer",
                 "location")
NO_HASH = bytes(32)


def i64(number: int) -> bytes:
    return struct.pack("<q", number)


def fields(*values) -> bytes:
    """A number as i64; a text or bytes behind its length."""
    found = b""
    for value in values:
        if isinstance(value, int):
            found += i64(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            found += i64(len(value)) + value
    return found


def h(*values) -> bytes:
    return hashlib.blake2b(fields(*values), digest_size=32).digest()


def chained(previous: bytes, entry: dict) -> bytes:
    return h(previous, *(entry[name] for name in ENTRY_COLUMNS))


def entries(journal) -> list:
    """Of a journal's file, in order; each as {column: value}."""
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
        database.row_factory = sqlite3.Row
        database.text_factory = bytes
        return [dict(row) for row in database.execute("SELECT * FROM entries ORDER BY seq")]


def slots(content: bytes, magic: bytes, content_bytes: int) -> list:
    """The contents of the two slots; None for one that is damaged."""
    found = []
    for at in (0, SLOT_EVERY):
        whole = content[at:at + len(magic) + content_bytes + 32]
        body, seal = whole[:-32], whole[-32:]
        found.append(body[len(magic):] if body.startswith(magic) and h(body) == seal else None)
    return found


PROMISE = (b"sportapp promise 1\n", 8)
MARK = (b"sportapp journal mark 1\n", 8 + 40 + 48 + 41 + 1 + 4 + 512)
SEAL = (b"sportapp journal seal 1\n", 8 + 32 + 40 + 8)


def promise(content: bytes) -> int:
    return max(struct.unpack("<q", slot)[0] for slot in slots(content, *PROMISE) if slot)


def mark(content: bytes) -> dict:
    counter, head, head_hash, settled, settled_hash, epoch = max(
        struct.unpack("<Qq32sq32sq", slot[:96]) for slot in slots(content, *MARK) if slot)
    return {"counter": counter, "head": (head, head_hash), "settled": (settled, settled_hash), "epoch": epoch}


def seal(content: bytes) -> dict:
    size, file_hash, head, head_hash, opened = struct.unpack("<Q32sq32sq", next(s for s in slots(content, *SEAL) if s))
    return {"bytes": size, "hash": file_hash, "head": (head, head_hash), "opened": opened}


def checked_line(text: str) -> str:
    """The first of two lines, of which the second is its hash."""
    line, checksum = text.splitlines()
    assert h(line).hex() == checksum, f"{line} is not what {checksum} says"
    return line


def event_mac(key: bytes, service: str, event: dict) -> str:
    secret = hashlib.blake2b(b"sportapp events", key=key, digest_size=32).digest()
    data = (fields(service, event["seq"]) + bytes.fromhex(event["previous"]) + bytes.fromhex(event["hash"]) +
            fields(event["time_ms"], event["type"], event["version"], event["payload"]))
    return hashlib.blake2b(data, key=secret, digest_size=32).hexdigest()[:32]
