"""What the tests saw the gateway answer: held against docs/openapi.yaml by test_openapi and after each test."""
import threading
from typing import NamedTuple

SAMPLES_A_KIND_MAX = 20


class Exchange(NamedTuple):
    method: str
    target: str    # as sent, with the query
    status: int
    headers: dict  # names in lower case
    body: bytes


class Recording:
    """Bounded: of each kind (method, route, status, content type) some samples. Any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._counts = {}
        self._fresh = []
        self._all = []

    def add(self, exchange: Exchange):
        path = exchange.target.split("?")[0]
        route = "/".join("N" if part.isdigit() else part for part in path.split("/"))
        kind = (exchange.method, route, exchange.status, exchange.headers.get("content-type"))
        with self._lock:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            if self._counts[kind] <= SAMPLES_A_KIND_MAX:
                self._fresh.append(exchange)
                self._all.append(exchange)

    def add_response(self, response, *_, **options):
        """As a hook of requests; a streamed body is left to whoever reads it."""
        if options.get("stream"):
            return
        sent = response.request
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.add(Exchange(sent.method, sent.path_url, response.status_code, headers, response.content))

    def add_raw(self, method: str, target: str, answer):
        self.add(Exchange(method, target, answer.status, answer.headers, answer.body))

    def take_fresh(self):
        """What was recorded since the last call."""
        with self._lock:
            fresh, self._fresh = self._fresh, []
        return fresh

    def everything(self):
        with self._lock:
            return list(self._all)


RECORDING = Recording()
