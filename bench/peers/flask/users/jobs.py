"""What the worker of users does with what the commands tell."""
from storage import database, make_tables

VIEWS = "users-queries"

make_tables(VIEWS, "users (id INTEGER PRIMARY KEY, username TEXT, email TEXT COLLATE NOCASE)")


def show_user(user: dict):
    with database(VIEWS) as db:
        db.execute("INSERT OR REPLACE INTO users VALUES (?, ?, ?)", (user["id"], user["username"], user.get("email")))
