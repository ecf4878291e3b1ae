"""What the worker of products does with what the commands, and orders, tell."""
from storage import database, make_tables, one_row, tell

COMMANDS = "products-commands"
VIEWS = "products-queries"
COLUMNS = "name TEXT, description TEXT, value INTEGER, stock INTEGER"

make_tables(COMMANDS, f"products (id INTEGER PRIMARY KEY AUTOINCREMENT, {COLUMNS})")
make_tables(VIEWS, f"products (id INTEGER PRIMARY KEY, {COLUMNS})")


def tell_all(product: dict):
    tell("products", "show_product", product)
    tell("orders", "note_product", product)


def show_product(product: dict):
    with database(VIEWS) as db:
        db.execute("INSERT OR REPLACE INTO products VALUES (:id, :name, :description, :value, :stock)", product)


def take_stock(number: int, quantity: int):
    with database(COMMANDS) as db:
        db.execute("UPDATE products SET stock = stock - ? WHERE id = ?", (quantity, number))
    tell("products", "show_product", one_row(COMMANDS, "products", number))
