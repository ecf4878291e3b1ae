"""Clients that place a number of orders, evenly over a time, each tried again under its key until it is answered."""
import collections
import http.client
import json
import threading
import time

from connection import RETRY_EVERY_S, Connection


class OrdersLoad:
    """`with OrdersLoad(...)`: the orders are all answered at the end of the block."""

    def __init__(self, instance, users: list, product: int, count: int, seconds: float, connections: int, seed: int):
        self._port, self._users, self._product = instance.port, users, product
        self._count, self._spacing_s, self._seed = count, seconds / count, seed
        self._lock = threading.Lock()
        self._next = 0
        self.acknowledged = {}  # key -> body of the answer
        self.tried_again = collections.Counter()
        self.wrong = []
        self._threads = [threading.Thread(target=self._client, daemon=True) for _ in range(connections)]

    def __enter__(self):
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.finish()

    def finish(self, within_s: float = 300.0):
        until = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        hanging = sum(thread.is_alive() for thread in self._threads)
        assert not hanging, f"{hanging} clients never got their answer: {dict(self.tried_again)}"
        assert not self.wrong, "\n".join(self.wrong[:20])

    def running(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _take(self):
        with self._lock:
            self._next += 1
            return self._next if self._next <= self._count else None

    def _client(self):
        connection = Connection(self._port)
        while (number := self._take()) is not None:
            time.sleep(max(0.0, self._began + number * self._spacing_s - time.monotonic()))
            self._send(connection, number)
        connection.close()

    def _send(self, connection, number: int):
        """Tried again until it is answered."""
        key = f"order-{self._seed}-{number}"
        body = {"user": self._users[number % len(self._users)], "product": self._product, "quantity": 1}
        while True:
            try:
                status, _, text = connection.post("/api-commands/orders", key, body)
            except (OSError, http.client.HTTPException) as broken:
                self._note(type(broken).__name__)
            else:
                if self._judged(key, status, text):
                    return
            time.sleep(RETRY_EVERY_S)

    def _note(self, kind: str):
        with self._lock:
            self.tried_again[kind] += 1

    def _judged(self, key: str, status: int, text: bytes) -> bool:
        """Whether that was the end of it: 200 is, and so is what the contract does not allow; 503 is not."""
        if status == 503:
            self._note("503")
            return False
        with self._lock:
            if status == 200:
                self.acknowledged[key] = json.loads(text)
            else:
                self.wrong.append(f"{key}: {status} {text[:300]!r}")
        return True
