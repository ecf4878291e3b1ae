"""Products and orders, as a client makes and follows them."""
import json

from sportapp import taken, unique
from waiting import until

PRODUCTS, ORDERS = "/api-commands/products", "/api-commands/orders"
OPEN = "processing"


def add_product(app, name: str = None, stock: int = 10, value: int = 1500, key: str = None, **fields):
    """A product that must be taken; gives the answer."""
    body = {"name": name or unique("product"), "description": "made by a test", "value": value, "stock": stock, **fields}
    return taken(app.post(body, key=key, path=PRODUCTS))


def change_product(app, product: int, key: str = None, **fields):
    return app.post(fields, key=key, path=f"{PRODUCTS}/{product}", method="PUT")


def changed(app, product: int, **fields):
    """change_product() that must be taken; gives the answer."""
    return taken(change_product(app, product, **fields))


def order(app, user: int, product: int, quantity: int = 1, key: str = None, after=()):
    """One order; `after` are answers that orders must have taken in before, as a client says it."""
    headers = {}
    if after:
        headers = {"Sportapp-Position": ",".join(answer.headers["Sportapp-Position"] for answer in after),
                   "Prefer": "wait=20"}
    return app.post({"user": user, "product": product, "quantity": quantity}, key=key, path=ORDERS, headers=headers)


def ordered(app, user: int, product: int, quantity: int = 1, **options):
    """order() that must be taken; gives the answer."""
    return taken(order(app, user, product, quantity, **options))


def view_of(app, answer) -> dict:
    """What the query side shows of the thing that a command made, once it holds that command."""
    return taken(app.get(answer.headers["Location"], headers={
        "Sportapp-Position": answer.headers["Sportapp-Position"], "Prefer": "wait=20"})).json()


def settled(app, answer, within_s: float = 30.0) -> dict:
    """The order's view, once it is settled."""
    def view():
        shown = app.get(answer.headers["Location"])
        return shown.json() if shown.status_code == 200 and shown.json()["state"] != OPEN else None

    return until(f"{answer.headers['Location']} is settled", view, within_s, every_s=0.02)


def shown_until(app, target: str, within_s: float = 30.0, **expected) -> dict:
    """The view, once the given fields say what is expected."""
    def view():
        seen = app.get(target).json()
        return seen if {name: seen.get(name) for name in expected} == expected else None

    return until(f"{target} shows {expected}", view, within_s, every_s=0.02)


def stock_of(app, product: int) -> int:
    return app.get(f"/api-queries/products/{product}").json()["stock"]


def payloads(app, service: str, *types, after: int = 0) -> list:
    """(type, payload) of the committed events of these types."""
    found = [(event["type"], event["payload"]) for event in app.events(after, service) if event["type"] in types]
    return [(kind, json.loads(payload) if isinstance(payload, str) else payload) for kind, payload in found]


class Shop:
    """A user and a product of its own for a test, which orders knows."""

    def __init__(self, app, stock: int = 10, value: int = 1500):
        self.app = app
        self.user_made = app.registered(unique("buyer"))
        self.product_made = add_product(app, stock=stock, value=value)
        self.user = self.user_made.json()["id"]
        self.product = self.product_made.json()["id"]

    def ordered(self, quantity: int = 1, **options):
        return ordered(self.app, self.user, self.product, quantity, after=(self.user_made, self.product_made), **options)

    def settled(self, quantity: int = 1, **options) -> dict:
        return settled(self.app, self.ordered(quantity, **options))

    @property
    def stock(self) -> int:
        return stock_of(self.app, self.product)
