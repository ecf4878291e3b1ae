"""Queries of products, from a database of their own."""
from flask import jsonify

import products.jobs  # makes the table
from storage import all_rows
from web import new_app, row_or_404

app = new_app("products-queries")


def shown(product: dict) -> dict:
    return {**product, "disponible": product["stock"] > 0}


@app.get("/api-queries/products")
def products_list():
    return jsonify([shown(product) for product in all_rows(products.jobs.VIEWS, "products")])


@app.get("/api-queries/products/<int:number>")
def product_of(number: int):
    return jsonify(shown(row_or_404(products.jobs.VIEWS, "products", number)))
