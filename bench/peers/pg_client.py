"""A client of PostgreSQL that finds the primary among several nodes, as libpq does."""
import psycopg2

from peers.postgres import USER


class Writer:
    """One row a write; gives nothing up: an error is told, and the next write connects again."""

    def __init__(self, ports: list, database: str, kind: str = "read-write"):
        self._where = {"host": ",".join("127.0.0.1" for _ in ports), "port": ",".join(str(port) for port in ports),
                       "user": USER, "dbname": database, "target_session_attrs": kind, "connect_timeout": 2}
        self._connection = None

    def write(self, text: str):
        try:
            if self._connection is None:
                self._connection = psycopg2.connect(**self._where)
                self._connection.autocommit = True
            with self._connection.cursor() as cursor:
                cursor.execute("INSERT INTO users (username) VALUES (%s) ON CONFLICT DO NOTHING", (text,))
        except psycopg2.Error as failed:
            self.close()
            raise ConnectionError(str(failed)) from failed

    def run(self, statement: str) -> list:
        with psycopg2.connect(**self._where) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def close(self):
        if self._connection is not None:
            self._connection.close()
        self._connection = None
