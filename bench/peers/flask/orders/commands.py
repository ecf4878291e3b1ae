"""Commands of orders: a new one, which the worker then processes."""
from flask import abort, jsonify

import orders.jobs  # makes the tables
from storage import all_rows, database, tell
from web import integer_of, json_body, new_app

COMMANDS = orders.jobs.COMMANDS

app = new_app("orders-commands")


@app.post("/api-commands/orders")
def place():
    body = json_body()
    order = {name: integer_of(body, name, 1) for name in ("user", "product", "quantity")}
    for name in ("user", "product"):
        if not all_rows(COMMANDS, f"{name}s", id=order[name]):
            abort(400, f"there is no {name} {order[name]}")
    order["state"] = "processing"
    with database(COMMANDS) as db:
        made = db.execute("INSERT INTO orders (user, product, quantity, state) "
                          "VALUES (:user, :product, :quantity, :state)", order)
    order["id"] = made.lastrowid
    tell("orders", "show_order", order["id"])
    tell("orders", "process_order", order["id"])
    return jsonify(order)
