"""Queries of users, from a database of their own."""
from flask import jsonify, request

import users.jobs  # makes the table
from storage import all_rows
from web import new_app, row_or_404

app = new_app("users-queries")


@app.get("/api-queries/users")
def users_list():
    wanted = {name: request.args[name] for name in ("username", "email") if name in request.args}
    return jsonify(all_rows(users.jobs.VIEWS, "users", **wanted))


@app.get("/api-queries/users/<int:number>")
def user(number: int):
    return jsonify(row_or_404(users.jobs.VIEWS, "users", number))
