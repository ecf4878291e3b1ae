"""Clients that register users under keys of their own, try again until answered, and keep their own log."""
import collections
import http.client
import json
import random
import threading
import time
from typing import NamedTuple

from connection import REQUEST_TIMEOUT_S, RETRY_EVERY_S, Connection

REPLAY_SHARE = 0.1  # of the acknowledged commands: sent once more, for the same answer


class Acknowledged(NamedTuple):
    username: str
    body: dict


class Load:
    """`with Load(...)`: runs until the end of the block, then every client settles what it has under way."""

    def __init__(self, instance, seed: int, clients: int = 6, settle_s: float = 60.0, pause_s: float = 0.0,
                 prefix: str = "user"):
        self._port = instance.port
        self._seed = seed
        self._prefix = prefix
        self._settle_s = settle_s
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._abandon = threading.Event()
        self._settle_until = float("inf")
        self._lock = threading.Lock()
        self.acknowledged = {}  # key -> Acknowledged
        self.tried = {}         # key -> username: every command that was ever sent
        self.refused = collections.Counter()  # 503 and broken connections, by kind: tried again
        self.wrong = []         # answers that the contract does not allow
        self.slowest_s = 0.0    # from a command's first try to its answer
        self._threads = [threading.Thread(target=self._client, args=(number,), daemon=True)
                         for number in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.finish()

    def finish(self):
        self._settle_until = time.monotonic() + self._settle_s
        self._stop.set()
        for thread in self._threads:
            thread.join(self._settle_s + REQUEST_TIMEOUT_S + 10)
        assert not any(thread.is_alive() for thread in self._threads), "a client hangs"

    def abandon(self):
        """Nobody tries again from now on: what is under way stays unsettled."""
        self._abandon.set()
        self._stop.set()

    @property
    def count(self) -> int:
        return len(self.acknowledged)

    def unsettled(self) -> dict:
        """Commands that were sent and have no answer: they may have happened or not."""
        return {key: name for key, name in self.tried.items() if key not in self.acknowledged}

    def once(self, instance, name: str):
        """One registration, sent once, in this log too."""
        key = f"key-{name}-{self._seed}-{len(self.tried)}"
        with self._lock:
            self.tried[key] = name
        answer = instance.register(name, key=key)
        complaint = _complaint(answer.status_code, {k.lower(): v for k, v in answer.headers.items()},
                               answer.content, name)
        with self._lock:
            if complaint:
                self.wrong.append(f"{key}: {complaint}")
            elif answer.status_code == 200:
                self.acknowledged[key] = Acknowledged(name, answer.json())
        return answer

    def settle(self, instance):
        """Sends what is unsettled again, under the same keys: executed now, or the first answer."""
        for key, name in self.unsettled().items():
            answer = instance.register(name, key=key)
            assert answer.status_code == 200, f"{key}: {answer.status_code} {answer.text}"
            self.acknowledged[key] = Acknowledged(name, answer.json())

    # --- one client ---

    def _client(self, number: int):
        try:
            self._register_on_and_on(number)
        except Exception as failed:  # a client that ends early would make every check weaker
            with self._lock:
                self.wrong.append(f"client {number} ended by {failed!r}")

    def _register_on_and_on(self, number: int):
        chance = random.Random(self._seed * 1000 + number)
        connection = Connection(self._port)
        count = 0
        while not self._stop.is_set():
            count += 1
            name = f"{self._prefix}-{number}-{count}"
            key = f"key-{name}-{self._seed}"
            with self._lock:
                self.tried[key] = name
            self._command(connection, key, name, chance)
            if self._pause_s:
                self._stop.wait(self._pause_s)
        connection.close()

    def _command(self, connection, key, name, chance):
        began = time.monotonic()
        while time.monotonic() < self._settle_until and not self._abandon.is_set():
            body = self._try(connection, key, name)
            if body is not None:
                with self._lock:
                    self.acknowledged[key] = Acknowledged(name, body)
                    self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                if chance.random() < REPLAY_SHARE:
                    self._replay(connection, key, name, body)
                return
            time.sleep(RETRY_EVERY_S)

    def _try(self, connection, key, name):
        """The answer's body; nothing when it is to be tried again."""
        try:
            status, headers, text = connection.post("/api-commands/users", key, {"username": name})
        except (OSError, http.client.HTTPException) as broken:
            self._note(type(broken).__name__)
            return None
        complaint = _complaint(status, headers, text, name)
        if complaint:
            with self._lock:
                self.wrong.append(f"{key}: {complaint}")
        if status == 200:
            return json.loads(text)
        self._note(str(status))
        return None

    def _replay(self, connection, key, name, first):
        try:
            status, headers, text = connection.post("/api-commands/users", key, {"username": name})
        except (OSError, http.client.HTTPException):
            return
        if status == 200 and (json.loads(text) != first or headers.get("idempotency-replayed") != "true"):
            with self._lock:
                self.wrong.append(f"{key}: first {first}, then {text!r} {headers}")

    def _note(self, kind: str):
        with self._lock:
            self.refused[kind] += 1


def _complaint(status: int, headers: dict, text: bytes, username: str):
    """What of an answer to a good registration is not as the contract says; 503 is allowed, if it is clear."""
    if status not in (200, 503):
        return f"answered {status} {text[:300]!r}"
    try:
        body = json.loads(text)
    except ValueError:
        return f"{status} with a body that is not JSON: {text[:300]!r}"
    if status == 200:
        return None if body.get("username") == username and body.get("id", 0) > 0 else f"answered {body}"
    if not headers.get("content-type", "").startswith("application/problem+json"):
        return f"503 as {headers.get('content-type')}"
    if not headers.get("retry-after", "").isdigit():
        return f"503 without Retry-After: {headers}"
    if body.get("status") != 503 or not body.get("detail") or not body.get("error"):
        return f"503 that says {body}"
    return None
