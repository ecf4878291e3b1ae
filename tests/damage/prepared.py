"""Data folders to be damaged: made once, as an instance left them at its end, then copied for each start."""
import contextlib
import os
import random
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import NamedTuple

import requests

import processes
from damage import copy
from redundancy import wait_no_fail_back_due, wait_redundant
from shop import ORDERS, PRODUCTS
from shop_under_load import wait_settled
from sportapp import NAMES, Instance, nodes_of, taken, unique
from truth import Command, truth_of
from waiting import until

USERS = "/api-commands/users"
CLEAN, KILLED = ENDS = ("clean", "killed")
STRUCK = ("users", "orders")  # services whose nodes are damaged
NODES = tuple(name[-1] for name in nodes_of("users"))
EARLY_USERS, PRODUCTS_COUNT, EARLY_ORDERS = 25, 4, 8
READY_MIN_S, READY_TIMES = 10, 4  # how long a start may take, against the first of an empty instance
LATE_USERS, LATE_ORDERS = 25, 12
SETTINGS = "[failover]\nhold_ms = 1000\n"  # each command to a service that stays down waits so long at each node


class Clients:
    """Send commands, each once and under a key of its own, and note which were acknowledged."""

    def __init__(self, app: Instance, chance: random.Random):
        self._app, self._chance = app, chance
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._users, self._products = [], []
        self.commands = []

    def _send(self, service: str, path: str, body: dict):
        key = unique("key")
        answer = taken(self._app.post(body, key=key, path=path, timeout=60))
        with self._lock:
            self.commands.append(Command(service, key, path, body, answer.json()))
        return answer

    def register(self):
        return self._send("users", USERS, {"username": unique("runner")})

    def order(self):
        body = {"user": self._chance.choice(self._users), "product": self._chance.choice(self._products), "quantity": 1}
        return self._send("orders", ORDERS, body)

    def stock_up(self):
        """What orders are made of; returns when orders knows it."""
        made = [self.register() for _ in range(EARLY_USERS)]
        self._users = [answer.json()["id"] for answer in made]
        for number in range(PRODUCTS_COUNT):
            body = {"name": unique("product"), "description": "", "value": 100 + number, "stock": 100_000}
            made.append(self._send("products", PRODUCTS, body))
            self._products.append(made[-1].json()["id"])
        known = {"Sportapp-Position": ",".join(answer.headers["Sportapp-Position"] for answer in made), "Prefer": "wait=20"}
        order = {"user": self._users[0], "product": self._products[0], "quantity": 1}
        until("orders knows them", lambda: taken(self._app.post(order, path=ORDERS, headers=known)))

    @contextlib.contextmanager
    def at_work(self):
        """Two of them go on for the length of the block, or until nobody answers any more."""
        threads = [threading.Thread(target=self._go_on, args=(act,), daemon=True) for act in (self.register, self.order)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(90)

    def _go_on(self, act):
        with contextlib.suppress(requests.RequestException, AssertionError):
            while not self._stop.is_set():
                act()

    def count(self, service: str) -> int:
        with self._lock:
            return sum(command.service == service for command in self.commands)


class Prepared(NamedTuple):
    end: str
    data: Path   # where an instance with this data must lie
    port: int
    ready_s: int  # what is not ready then will not be
    kept: Path   # the whole data folder after the end
    old: Path    # folders of the nodes at an earlier clean end
    truths: dict  # service -> Truth

    def lay_out(self) -> Instance:
        """A fresh copy in its place, not up."""
        shutil.rmtree(self.data, ignore_errors=True)
        copy(self.kept, self.data)
        return Instance(self.data, self.port)


def kill_all(app: Instance):
    """kill -9 of everything at once: all are halted first, so that none acts on the end of another."""
    first = [app.supervisor_pid(), app.process("monitor").pid]
    family = sorted(processes.family(first[0]), key=lambda seen: seen.pid not in first)
    for seen in family:
        os.kill(seen.pid, signal.SIGSTOP)
    processes.kill(family)


def prepare(folder: Path, end: str, chance: random.Random) -> Prepared:
    """An instance with some users, products and orders, ended so, with both nodes of each service in sync."""
    folder.mkdir(parents=True)
    app = Instance(folder / "data", settings=SETTINGS)
    clients = Clients(app, chance)
    began = time.monotonic()
    app.up()
    ready_s = max(READY_MIN_S, int(READY_TIMES * (time.monotonic() - began)))
    clients.stock_up()
    for _ in range(EARLY_ORDERS):
        clients.order()
    wait_settled(app)
    wait_redundant(app)
    app.done("down")
    old = folder / "old"
    old.mkdir()
    for service in STRUCK:
        for name in nodes_of(service):
            copy(app.data / name, old / name)
    app.up()
    choose_primaries(app, chance)
    finish(app, clients, end, chance)
    kept = folder / "kept"
    copy(app.data, kept)
    truths = {service: truth_of(app.data, service, NODES, clients.commands) for service in NAMES}
    return Prepared(end, app.data, app.port, ready_s, kept, old, truths)


def choose_primaries(app: Instance, chance: random.Random):
    """One or the other node of each service, which stays it: none takes its place back meanwhile."""
    for service in NAMES:
        wait_no_fail_back_due(app, service)
        if chance.random() < 0.5:
            app.done("switchover", service)
    wait_redundant(app)


def finish(app: Instance, clients: Clients, end: str, chance: random.Random):
    """Clean: when everything is done. Killed: amid the commands."""
    wanted = {"users": clients.count("users") + LATE_USERS, "orders": clients.count("orders") + LATE_ORDERS}
    with clients.at_work():
        until("enough commands are acknowledged", lambda: all(
            clients.count(service) >= count + chance.randrange(4) for service, count in wanted.items()))
        if end == KILLED:
            kill_all(app)
    if end == CLEAN:
        wait_settled(app)
        wait_redundant(app)
        app.done("down")
