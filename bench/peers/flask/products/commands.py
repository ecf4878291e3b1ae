"""Commands of products: a new one, a changed one."""
from flask import jsonify

import products.jobs  # makes the table
from storage import database
from web import integer_of, json_body, new_app, row_or_404, text_of

COMMANDS = products.jobs.COMMANDS

app = new_app("products-commands")


def checked(body: dict, names) -> dict:
    rules = {"name": lambda: text_of(body, "name", 1, 50),
             "description": lambda: text_of(body, "description", 0, 200),
             "value": lambda: integer_of(body, "value", 0),
             "stock": lambda: integer_of(body, "stock", 0)}
    return {name: rule() for name, rule in rules.items() if name in names}


@app.post("/api-commands/products")
def add():
    body = {"description": "", **json_body()}
    product = checked(body, ("name", "description", "value", "stock"))
    with database(COMMANDS) as db:
        made = db.execute("INSERT INTO products (name, description, value, stock) "
                          "VALUES (:name, :description, :value, :stock)", product)
    product["id"] = made.lastrowid
    products.jobs.tell_all(product)
    return jsonify(product)


@app.put("/api-commands/products/<int:number>")
def change(number: int):
    body = json_body()
    product = {**row_or_404(COMMANDS, "products", number), **checked(body, body)}
    with database(COMMANDS) as db:
        db.execute("UPDATE products SET name = :name, description = :description, value = :value, stock = :stock "
                   "WHERE id = :id", product)
    products.jobs.tell_all(product)
    return jsonify(product)
