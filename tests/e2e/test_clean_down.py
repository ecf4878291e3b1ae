"""`down` leaves every node of a service with the same, and the record with all of them in sync."""
import json
import signal
import sqlite3
import subprocess
import threading

from shop import Shop
from sportapp import NAMES, bin_dir, nodes_of, unique
from waiting import until


def record_of(app, service: str) -> dict:
    return json.loads((app.data / "monitor" / f"{service}.record").read_text().splitlines()[0])


def members_of(record: dict) -> set:
    return {member if isinstance(member, str) else member["node"] for member in record["in_sync"]}


def head_of(app, node: str) -> tuple:
    """Number and hash of the last entry, from the file alone."""
    with sqlite3.connect(f"file:{app.data / node / 'journal.db'}?mode=ro", uri=True) as journal:
        return journal.execute("SELECT seq, hex(hash) FROM entries ORDER BY seq DESC LIMIT 1").fetchone()


def expect_equal_nodes(app, service: str):
    assert members_of(record_of(app, service)) == {"a", "b"}, record_of(app, service)
    heads = {node: head_of(app, node) for node in nodes_of(service)}
    assert len(set(heads.values())) == 1, heads


class Load:
    """Registers users from several threads until it is told to end; what fails while the instance ends is no matter."""

    def __init__(self, app):
        self.answered = 0
        self._app = app
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(6)]

    def _run(self):
        while not self._end.is_set():
            try:
                self.answered += self._app.register(unique(), timeout=10).status_code == 200
            except OSError:
                return

    def __enter__(self):
        [thread.start() for thread in self._threads]
        return self

    def __exit__(self, *_):
        self._end.set()
        [thread.join() for thread in self._threads]


def down_under_load(app):
    with Load(app) as load:
        until("some were registered", lambda: load.answered >= 30, 60)
        return app.down()


def test_ten_clean_ends_under_load_leave_both_nodes_equal_and_in_sync(new_instance):
    app = new_instance()
    for _ in range(10):
        # As soon as it serves: a spare that is behind is waited for.
        done = down_under_load(app)
        assert done.returncode == 0 and "not in sync" not in done.stdout, done.stdout
        for service in NAMES:
            expect_equal_nodes(app, service)
        app.up()


def test_orders_under_way_are_settled_or_left_equal(new_instance):
    app = new_instance()
    shop = Shop(app, stock=1000)
    for _ in range(20):
        shop.ordered()
    assert app.down().returncode == 0
    for service in NAMES:
        expect_equal_nodes(app, service)


def test_ctrl_c_leaves_them_equal_too(new_instance):
    app = new_instance(start=False)
    foreground = subprocess.Popen([str(bin_dir() / "sportapp"), "up", "--data", str(app.data), "--port", str(app.port)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        app.wait_healthy()
        with Load(app) as load:
            until("some were registered", lambda: load.answered >= 30, 60)
            foreground.send_signal(signal.SIGINT)
            assert foreground.wait(60) == 0
    finally:
        foreground.kill()
    expect_equal_nodes(app, "users")


def test_a_spare_that_is_not_in_sync_at_the_end_is_named(new_instance):
    app = new_instance()
    app.done("stop", "users-commands-b")
    app.registered()  # so that it is dropped
    until("it is dropped", lambda: members_of(record_of(app, "users")) == {"a"}, 20)
    done = app.down()
    assert done.returncode == 0
    assert "users-commands-b is not in sync" in done.stdout, done.stdout
    assert "products-commands" not in done.stdout.split("is not in sync")[0]
