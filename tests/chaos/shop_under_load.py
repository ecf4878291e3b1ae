"""A shop whose orders come from a steady load; and that every one was settled, once, out of the stock there was."""
import collections
import json

import evidence
from shop import add_product, ordered
from sportapp import queries_of, unique
from waiting import until

PLENTY, FEW = 1_000_000, 50
SETTLED_WITHIN_S = 120.0


class StockedShop:
    """Some users, and products of which one has few pieces: all known to orders."""

    def __init__(self, app):
        users = [app.registered(unique("buyer")) for _ in range(4)]
        self.stock = {}  # product -> pieces at the start
        products = []
        for pieces in (PLENTY, PLENTY, FEW):
            products.append(add_product(app, stock=pieces))
            self.stock[products[-1].json()["id"]] = pieces
        self.users = [user.json()["id"] for user in users]
        for product in self.stock:  # orders has taken in all of them before it takes these
            ordered(app, self.users[0], product, after=(*users, *products))

    def bodies(self) -> list:
        return [json.dumps({"user": user, "product": product, "quantity": 1})
                for user in self.users for product in self.stock]


def wait_settled(app):
    """Until no queries process shows an open order."""
    for name in queries_of("orders"):
        def settled(name=name):
            shown = evidence.listed(app, name, service="orders")
            return all(order["state"] != "processing" for order in shown)
        until(f"every order is settled at {name}", settled, SETTLED_WITHIN_S, every_s=0.5)


def check_orders(app, load, shop: StockedShop):
    """By the journals: acknowledged is placed once, placed is settled once, and what was taken is missing in stock."""
    wait_settled(app)
    orders, products = evidence.entries(app, "orders"), evidence.entries(app, "products")
    evidence.check_acknowledged(orders, load)
    placed = {entry.payload["id"]: entry.payload["product"] for entry in orders if entry.type == "OrderPlaced"}
    ended = [entry for entry in orders if entry.type in ("OrderCompleted", "OrderFailed")]
    assert not evidence.repeated(entry.payload["id"] for entry in ended), "orders settled twice"
    assert {entry.payload["id"] for entry in ended} == set(placed), "orders never settled"
    completed = collections.Counter(placed[entry.payload["id"]] for entry in ended if entry.type == "OrderCompleted")
    taken = [entry.payload for entry in products if entry.type == "StockTaken"]
    assert not evidence.repeated(entry["order"] for entry in taken), "orders that took stock twice"
    assert collections.Counter(entry["product"] for entry in taken) == completed, "stock taken is not orders completed"
    for product, pieces in shop.stock.items():
        left = app.get(f"/api-queries/products/{product}").json()["stock"]
        assert left == pieces - completed[product] >= 0, f"product {product}: {left} left of {pieces}, {completed[product]} sold"
    print(f"{len(placed)} orders, each settled once: {sum(completed.values())} completed, stock sums right")
