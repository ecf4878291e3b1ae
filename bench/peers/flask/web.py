"""What every service answers alike: its echo, wrong requests."""
from flask import Flask, abort, jsonify, request
from werkzeug.exceptions import HTTPException

import storage


def new_app(name: str) -> Flask:
    app = Flask(name)

    @app.get("/ping")
    def ping():
        return jsonify(echo=name)

    @app.errorhandler(HTTPException)
    def wrong(error):
        return jsonify(error=error.description), error.code

    return app


def json_body() -> dict:
    body = request.get_json()  # 400 where it is none
    if not isinstance(body, dict):
        abort(400, "the body must be a JSON object")
    return body


def text_of(body: dict, name: str, least: int, most: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not least <= len(value) <= most:
        abort(400, f"{name} must have {least} to {most} characters")
    return value


def integer_of(body: dict, name: str, least: int) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        abort(400, f"{name} must be a whole number of at least {least}")
    return value


def row_or_404(name: str, table: str, number: int) -> dict:
    return storage.one_row(name, table, number) or abort(404, f"there is no {number} in {table}")
