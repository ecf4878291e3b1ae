"""Commands of users: registration."""
import os
import signal
import sqlite3

from flask import abort, jsonify

from storage import database, make_tables, tell
from web import json_body, new_app, text_of

POISON = "poison:crash"

app = new_app("users-commands")
make_tables("users-commands", "users (id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT NOT NULL UNIQUE, "
                              "email TEXT UNIQUE COLLATE NOCASE)")


@app.post("/api-commands/users")
def register():
    body = json_body()
    username = text_of(body, "username", 1, 50)
    email = text_of(body, "email", 3, 254) if body.get("email") is not None else None
    if username.startswith(POISON):
        end_of_the_service()
    try:
        with database("users-commands") as db:
            made = db.execute("INSERT INTO users (username, email) VALUES (?, ?)", (username, email))
    except sqlite3.IntegrityError:
        abort(409, "the username or the email is taken")
    user = {"id": made.lastrowid, "username": username, **({"email": email} if email else {})}
    tell("users", "show_user", user)
    tell("orders", "note_user", user)
    return jsonify(user)


def end_of_the_service():
    """The process of the service ends, as it did by the malformed e-mail. Gunicorn's parent process, which would have
    another in its place at once, is part of it."""
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
