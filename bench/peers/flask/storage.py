"""What commands, queries and workers share: the SQLite files and the queues."""
import contextlib
import os
import sqlite3
from pathlib import Path

import redis
import rq

DATA = Path(os.environ["PEER_DATA"])
REDIS = redis.Redis(port=int(os.environ["PEER_REDIS_PORT"]))


@contextlib.contextmanager
def database(name: str):
    """A transaction on DATA/NAME.db: committed at the end of the block, rolled back when it fails."""
    with contextlib.closing(sqlite3.connect(DATA / f"{name}.db")) as connection:
        connection.row_factory = sqlite3.Row
        with connection:
            yield connection


def make_tables(name: str, *statements: str):
    with database(name) as db:
        for statement in statements:
            db.execute(f"CREATE TABLE IF NOT EXISTS {statement}")


def tell(service: str, job: str, *arguments):
    """Leaves work for the worker of `service`: the function `job` of its jobs.py."""
    rq.Queue(service, connection=REDIS).enqueue(f"{service}.jobs.{job}", *arguments)


def all_rows(name: str, table: str, **wanted) -> list:
    """The rows of a table as dictionaries, those with the wanted values, by id; what is not there is left out."""
    where = " AND ".join(f"{column} = ?" for column in wanted) or "1"
    with database(name) as db:
        found = db.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY id", tuple(wanted.values()))
        return [{key: row[key] for key in row.keys() if row[key] is not None} for row in found]


def one_row(name: str, table: str, number: int):
    """None where there is no such row."""
    found = all_rows(name, table, id=number)
    return found[0] if found else None
