"""More orders than pieces, while processes of every service and Redis are killed: each order settles, once, and no piece
is sold twice."""
import collections
import os
import random
import signal
import threading
import time

import pytest

from evidence import entries, listed, repeated, verify
from orders_load import OrdersLoad
from shop import add_product, change_product, ordered
from sportapp import SERVICE_PROCESSES, queries_of, unique
from waiting import until

SETTLED_WITHIN_S = 120.0


class Killer(threading.Thread):
    """kill -9 of one after the other, by chance, until it is told to stop."""

    def __init__(self, app, chance: random.Random, pause_s: tuple):
        super().__init__(daemon=True)
        self._app, self._chance, self._pause_s = app, chance, pause_s
        self._stop_now = threading.Event()
        self.killed = collections.Counter()

    def run(self):
        while not self._stop_now.wait(self._chance.uniform(*self._pause_s)):
            name = self._chance.choice([*SERVICE_PROCESSES, "redis"])
            found = self._app.status().get(name)
            if found and found.pid:
                try:
                    os.kill(found.pid, signal.SIGKILL)
                    self.killed[name] += 1
                except ProcessLookupError:
                    pass  # died already, and not started again yet

    def finish(self, at_least: int = 5):
        until("enough were killed", lambda: sum(self.killed.values()) >= at_least, 120)
        self._stop_now.set()
        self.join(60)
        assert not self.is_alive()


def rename_now_and_then(app, product: int, load, pause_s: float) -> str:
    """Renames the product as long as orders come; gives its last name."""
    name = None
    while load.running():
        name, key = unique("ball"), unique("rename")
        until("a rename is taken", lambda: change_product(app, product, key=key, name=name).status_code == 200, 60)
        time.sleep(pause_s)
    return name


def all_settled(app, name: str) -> list:
    """The orders as one queries process shows them, once none is open."""
    def settled():
        shown = listed(app, name, service="orders")
        return shown if shown and all(order["state"] != "processing" for order in shown) else None

    return until(f"every order is settled at {name}", settled, SETTLED_WITHIN_S, every_s=0.5)


def check_journals(app, load, product: int, pieces: int, count: int):
    """What the journals say: each answered order placed once, each settled once, each piece taken once."""
    orders = entries(app, "orders")
    placed = {entry.key: entry for entry in orders if entry.type == "OrderPlaced" and entry.key in load.acknowledged}
    assert len(placed) == len(load.acknowledged) == count
    assert all(placed[key].answer == body for key, body in load.acknowledged.items())
    ids = {body["id"] for body in load.acknowledged.values()}
    ended = [entry for entry in orders if entry.type in ("OrderCompleted", "OrderFailed") and entry.payload["id"] in ids]
    assert not repeated(entry.payload["id"] for entry in ended), "orders settled twice"
    assert sum(entry.type == "OrderCompleted" for entry in ended) == pieces
    assert len(ended) == count
    answered = [entry for entry in entries(app, "products")
                if entry.type in ("StockTaken", "StockRefused") and entry.payload["product"] == product]
    assert not repeated(entry.payload["order"] for entry in answered), "orders that took stock twice"
    taken = [entry.payload["stock"] for entry in answered if entry.type == "StockTaken" and entry.payload["order"] in ids]
    assert taken == list(range(pieces - 1, -1, -1)), "the stock went down one by one"


def sell_out(app, seed: int, pieces: int, count: int, seconds: float, connections: int):
    chance = random.Random(seed)
    users = [app.registered(unique("buyer")) for _ in range(5)]
    product = add_product(app, stock=pieces + 1, value=10)
    ids = [user.json()["id"] for user in users]
    thing = product.json()["id"]
    first = ordered(app, ids[0], thing, after=(*users, product))  # so that orders knows them all
    killer = Killer(app, chance, (0.1, 0.7))
    with OrdersLoad(app, ids, thing, count, seconds, connections, seed) as load:
        killer.start()
        name = rename_now_and_then(app, thing, load, 2.0)
    killer.finish()
    began = time.monotonic()
    app.wait_healthy(60)
    for process in queries_of("orders"):
        shown = [order for order in all_settled(app, process) if order["id"] != first.json()["id"]]
        states = collections.Counter(order["state"] for order in shown)
        assert states == {"completed": pieces, "failed": count - pieces}, states
        until("the last name is in every view", lambda process=process: {
            order["product_name"] for order in listed(app, process, service="orders")} == {name}, 60)
    until("no stock is left", lambda: app.get(f"/api-queries/products/{thing}").json()["stock"] == 0, 60)
    check_journals(app, load, thing, pieces, count)
    print(f"seed {seed}: {dict(killer.killed)}, tried again {dict(load.tried_again)}, "
          f"checked {time.monotonic() - began:.1f} s after the last kill")
    print(verify(app))


def test_what_is_sold_is_what_there_is_whoever_is_killed(new_instance, tmp_path, seed, long_mode):
    runs = int(os.environ.get("SPORTAPP_RUNS", 20 if long_mode else 1))
    pieces, count, seconds, connections = (1000, 3000, 60.0, 200) if long_mode else (300, 900, 10.0, 60)
    for number in range(runs):
        app = new_instance(tmp_path / f"data-{number}")
        app.up()
        sell_out(app, seed + number, pieces, count, seconds, connections)
        app.finish()


@pytest.mark.parametrize("changes", [20])
def test_stock_that_changes_under_orders_is_settled_by_the_journal_of_products(app, seed, changes):
    """Stock is set again while orders come: what each order was answered follows from the order of that journal."""
    user, product = app.registered(unique("buyer")), add_product(app, stock=5)
    thing = product.json()["id"]
    ordered(app, user.json()["id"], thing, after=(user, product))
    with OrdersLoad(app, [user.json()["id"]], thing, 300, 5.0, 20, seed) as load:
        for number in range(changes):
            service = random.Random(seed + number).choice(["products", "orders"])
            answer = change_product(app, thing, key=unique("stock"), stock=number % 7)
            assert answer.status_code in (200, 503), answer.text
            if number % 7 == 3:
                primary = app.primary_of(service)
                app.wait_restarted(primary, app.kill(primary))
    for process in queries_of("orders"):
        all_settled(app, process)
    stock, settled = 0, {}
    for entry in entries(app, "products"):
        if entry.type in ("ProductAdded", "ProductChanged") and entry.payload["id"] == thing:
            stock = entry.payload["stock"]
        elif entry.type == "StockTaken":
            stock -= entry.payload["quantity"]
            assert entry.payload["stock"] == stock >= 0
            settled[entry.payload["order"]] = "completed"
        elif entry.type == "StockRefused":
            assert stock < entry.payload["quantity"], "refused though there was enough"
            settled[entry.payload["order"]] = "failed"
    for process in queries_of("orders"):
        assert {order["id"]: order["state"] for order in listed(app, process, service="orders")} == settled
    assert {"completed", "failed"} == set(settled.values()), "the test saw one end only"
    print(verify(app))
