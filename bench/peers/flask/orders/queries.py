"""Queries of orders, from a database of their own."""
from flask import jsonify

import orders.jobs  # makes the table
from storage import all_rows
from web import new_app, row_or_404

app = new_app("orders-queries")


@app.get("/api-queries/orders")
def orders_list():
    return jsonify(all_rows(orders.jobs.VIEWS, "orders"))


@app.get("/api-queries/orders/<int:number>")
def order_of(number: int):
    return jsonify(row_or_404(orders.jobs.VIEWS, "orders", number))
