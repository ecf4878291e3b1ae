"""What the worker of orders does: it keeps copies of users and products, and processes orders by them."""
from storage import database, make_tables, one_row, tell

COMMANDS = "orders-commands"
VIEWS = "orders-queries"

make_tables(COMMANDS,
            "orders (id INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER, product INTEGER, quantity INTEGER, "
            "state TEXT, reason TEXT)",
            "users (id INTEGER PRIMARY KEY, username TEXT)",
            "products (id INTEGER PRIMARY KEY, name TEXT, value INTEGER, stock INTEGER)")
make_tables(VIEWS, "orders (id INTEGER PRIMARY KEY, user_id INTEGER, user_username TEXT, product_id INTEGER, "
                   "product_name TEXT, product_value INTEGER, quantity INTEGER, total INTEGER, state TEXT, "
                   "reason TEXT)")


def note_user(user: dict):
    with database(COMMANDS) as db:
        db.execute("INSERT OR REPLACE INTO users VALUES (:id, :username)", user)


def note_product(product: dict):
    with database(COMMANDS) as db:
        db.execute("INSERT OR REPLACE INTO products VALUES (:id, :name, :value, :stock)", product)


def process_order(number: int):
    order = one_row(COMMANDS, "orders", number)
    stock = one_row(COMMANDS, "products", order["product"])["stock"]
    enough = stock >= order["quantity"]
    reason = None if enough else f"not enough stock: {order['quantity']} ordered, {stock} left"
    with database(COMMANDS) as db:
        db.execute("UPDATE orders SET state = ?, reason = ? WHERE id = ?",
                   ("completed" if enough else "failed", reason, number))
        if enough:
            db.execute("UPDATE products SET stock = stock - ? WHERE id = ?", (order["quantity"], order["product"]))
    if enough:
        tell("products", "take_stock", order["product"], order["quantity"])
    tell("orders", "show_order", number)


def show_order(number: int):
    order = one_row(COMMANDS, "orders", number)
    product = one_row(COMMANDS, "products", order["product"])
    user = one_row(COMMANDS, "users", order["user"])
    with database(VIEWS) as db:
        db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   (number, user["id"], user["username"], product["id"], product["name"], product["value"],
                    order["quantity"], product["value"] * order["quantity"], order["state"], order.get("reason")))
