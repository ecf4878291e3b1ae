"""How long an order takes from its POST until a query shows it completed, at an even rate."""
import http.client
import json
import queue
import threading
import time

USERS, PRODUCTS, STOCK = 100, 100, 1_000_000_000
SENDERS = 32
POLL_EVERY_S = 0.001
PAGE = 1000
SETTLED_WITHIN_S = 30.0
JSON = {"Content-Type": "application/json"}


class Client:
    """One kept connection."""

    def __init__(self, port: int):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method: str, target: str, body=None, headers=None):
        self._connection.request(method, target, body and json.dumps(body), {**(JSON if body else {}), **(headers or {})})
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {target}: {answer.status} {text[:300]!r}")
        return answer.headers, json.loads(text)


def prepare(port: int, prefix: str):
    """Users and products that orders knows; gives their ids."""
    client = Client(port)
    users, products = [], []
    for number in range(USERS):
        headers, made = client.ask("POST", "/api-commands/users", {"username": f"{prefix}-{number}"})
        users.append(made["id"])
    after = headers["Sportapp-Position"]
    for number in range(PRODUCTS):
        headers, made = client.ask("POST", "/api-commands/products",
                                   {"name": f"{prefix}-{number}", "value": 100, "stock": STOCK})
        products.append(made["id"])
    client.ask("POST", "/api-commands/orders", {"user": users[0], "product": products[0], "quantity": 1},
               {"Sportapp-Position": f"{after},{headers['Sportapp-Position']}", "Prefer": "wait=20"})
    return users, products


class Run:
    """An open loop: an order is due every 1/rate s, whether the ones before are answered or not."""

    def __init__(self, port: int, users: list, products: list, rate: int, seconds: int):
        self._port, self._users, self._products, self._count = port, users, products, rate * seconds
        self._rate = rate
        self._lock = threading.Lock()
        self._due = queue.Queue(maxsize=4 * SENDERS)
        self._open = {}      # order -> when it was due
        self._settled = {}   # seen settled before its own answer was: order -> when
        self._sent = threading.Event()
        self.completed_s, self.answered_s, self.failures = [], [], []

    def _send(self):
        client = Client(self._port)
        while (item := self._due.get()) is not None:
            number, due = item
            body = {"user": self._users[number % USERS], "product": self._products[(number * 7) % PRODUCTS], "quantity": 1}
            try:
                _, made = client.ask("POST", "/api-commands/orders", body)
            except (OSError, RuntimeError, http.client.HTTPException) as failed:
                self.failures.append(str(failed))
                client = Client(self._port)
                continue
            with self._lock:
                self.answered_s.append(time.monotonic() - due)
                self._open[made["id"]] = due
                self._settle(made["id"], self._settled.pop(made["id"], None))

    def _settle(self, order: int, when):
        if when is not None and order in self._open:
            self.completed_s.append(when - self._open.pop(order))

    def _poll(self, first: int):
        """One page from the oldest open order on, again and again: the view of each order under way."""
        client, until = Client(self._port), None
        while True:
            with self._lock:
                oldest = min(self._open, default=first)
                left = len(self._open)
            if self._sent.is_set():
                until = until or time.monotonic() + SETTLED_WITHIN_S
                if left == 0 or time.monotonic() > until:
                    return
            _, page = client.ask("GET", f"/api-queries/orders?limit={PAGE}&after={oldest - 1}")
            now = time.monotonic()
            with self._lock:
                for order in page:
                    if order["state"] == "completed" and order["id"] in self._open:
                        self._settle(order["id"], now)
                    elif order["state"] == "completed" and order["id"] >= first:
                        self._settled.setdefault(order["id"], now)
                first = max([first, *(order["id"] for order in page)])
            time.sleep(POLL_EVERY_S)

    def measure(self) -> dict:
        first = Client(self._port).ask("POST", "/api-commands/orders", {
            "user": self._users[0], "product": self._products[0], "quantity": 1})[1]["id"] + 1
        senders = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        poller = threading.Thread(target=self._poll, args=(first,))
        [thread.start() for thread in [*senders, poller]]
        began = time.monotonic()
        for number in range(self._count):
            due = began + number / self._rate
            time.sleep(max(0.0, due - time.monotonic()))
            self._due.put((number, due))
        for _ in senders:
            self._due.put(None)
        [thread.join() for thread in senders]
        seconds = time.monotonic() - began
        self._sent.set()
        poller.join()
        return {"orders": self._count, "per_s": len(self.answered_s) / seconds, "failures": len(self.failures),
                "failure": self.failures[:1], "never_completed": len(self._open),
                "answered": percentiles_ms(self.answered_s), "completed": percentiles_ms(self.completed_s)}


def percentiles_ms(seconds: list) -> dict:
    ordered = sorted(seconds)
    if not ordered:
        return {"p50": 0.0, "p99": 0.0, "max": 0.0}
    return {"p50": 1000 * ordered[len(ordered) // 2], "p99": 1000 * ordered[len(ordered) * 99 // 100],
            "max": 1000 * ordered[-1]}


def measure(port: int, rate: int, seconds: int, prefix: str) -> dict:
    users, products = prepare(port, prefix)
    Run(port, users, products, rate, 2).measure()  # warms up
    return Run(port, users, products, rate, seconds).measure()
