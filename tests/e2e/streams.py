"""The Redis of an instance, as its processes reach it; and events sealed as its processes seal them."""
import hashlib
import json
import re
import socket

USER = b"sportapp"


class Refused(Exception):
    """Redis answered with an error."""


def instance_key(instance) -> bytes:
    return bytes.fromhex((instance.data / "config/cluster.key").read_text().strip())


def derived(instance, context: bytes) -> bytes:
    return hashlib.blake2b(context, key=instance_key(instance), digest_size=32).digest()


class Redis:
    """`with Redis(instance) as redis: redis.run("XLEN", "users")`; without the password, unless it is told one."""

    def __init__(self, instance, password: str = None):
        text = (instance.data / "config/redis.conf").read_text()
        path = re.search(r'^unixsocket "(.*)"$', text, re.MULTILINE)
        if path:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(10)
            self._socket.connect(path[1])
        else:
            port = int(re.search(r"^port (\d+)$", text, re.MULTILINE)[1])
            self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._answers = self._socket.makefile("rb")
        if password is not None:
            self.run("AUTH", USER, password)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._answers.close()
        self._socket.close()

    def run(self, *words):
        data = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self._socket.sendall(b"*%d\r\n" % len(data) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in data))
        return self._answer()

    def _answer(self):
        line = self._answers.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise Refused(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._answers.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self._answer() for _ in range(int(rest))]
        assert kind == b"+", line
        return rest


def as_a_process(instance) -> Redis:
    """With the instance's own credentials."""
    return Redis(instance, derived(instance, b"sportapp redis").hex())


def forget(instance):
    """The streams of all services are gone."""
    with as_a_process(instance) as redis:
        redis.run("DEL", "users", "products", "orders")


def entries(instance, service: str) -> list:
    """(id, line) of what stands in the stream."""
    with as_a_process(instance) as redis:
        return [(name, fields[1]) for name, fields in redis.run("XRANGE", service, "-", "+")]


def publish(instance, service: str, number: str, line: bytes):
    """What somebody writes into a stream who has the credentials; that Redis refuses it, is an exception."""
    with as_a_process(instance) as redis:
        redis.run("XADD", service, number, "event", line)


def plain(seq: int, kind: str, payload: dict) -> bytes:
    """An event without a seal, as an earlier version wrote it."""
    return json.dumps({"seq": seq, "time_ms": 1, "type": kind, "version": 1, "payload": json.dumps(payload)},
                      separators=(",", ":")).encode()


def _number(value: int) -> bytes:
    return value.to_bytes(8, "little", signed=True)


def _text(value: bytes) -> bytes:
    return _number(len(value)) + value


def sealed(instance, service: str, seq: int, kind: str, payload: dict, previous: str, own: str) -> bytes:
    """As the relay writes it, of whoever has the instance's key: `previous` and `own` are hashes in hexadecimal."""
    text = json.dumps(payload)
    said = (_text(service.encode()) + _number(seq) + bytes.fromhex(previous) + bytes.fromhex(own) + _number(1)
            + _text(kind.encode()) + _number(1) + _text(text.encode()))
    mac = hashlib.blake2b(said, key=derived(instance, b"sportapp events"), digest_size=32).hexdigest()[:32]
    line = plain(seq, kind, payload).decode()
    return f'{line[:-1]},"previous":"{previous}","hash":"{own}","mac":"{mac}"}}'.encode()
