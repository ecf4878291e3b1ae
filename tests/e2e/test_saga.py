"""Orders settle, once, whatever was down when they were placed. Each test leaves the instance healthy."""
import contextlib
import os
import signal

import pytest

import processes
from shop import Shop, payloads, settled, shown_until
from sportapp import PATIENT, queries_of, running
from waiting import until

ORDERS, PRODUCTS, USERS = "orders", "products", "users"  # of these, the primary


@pytest.fixture(scope="module")
def victim(tmp_path_factory):
    with running(tmp_path_factory.mktemp("saga") / "data", settings=PATIENT) as instance:
        yield instance
        verified = instance.cli("verify", within_s=300)
        assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.fixture
def shop(victim) -> Shop:
    return Shop(victim, stock=1000)


def process_of(app, name: str) -> str:
    return app.primary_of(name) if name in (ORDERS, PRODUCTS, USERS) else name


class Hung:
    """A process, or the primary of a service, that does not run for the length of the block, but is still there."""

    def __init__(self, app, name: str):
        self._app, self._name = app, process_of(app, name)

    def __enter__(self):
        self._pid = self._app.kill(self._name, signal.SIGSTOP)

    def __exit__(self, *_):
        self._app.resume(self._pid)
        self._app.wait_healthy()


def told(app, what: str):
    """What orders says of itself; None where the node that was asked is the primary no more."""
    return app.direct(app.primary_of(ORDERS), "/internal/status").json().get(what)


def all_completed(shop: Shop, answers):
    """Each is completed, each took its piece once, and the journals of both services agree on it."""
    app = shop.app
    ids = [answer.json()["id"] for answer in answers]
    for answer in answers:
        assert settled(app, answer, within_s=60)["state"] == "completed"
    shown_until(app, f"/api-queries/products/{shop.product}", stock=1000 - len(ids))
    taken = [event["order"] for _, event in payloads(app, "products", "StockTaken") if event["product"] == shop.product]
    ended = [event["id"] for kind, event in payloads(app, "orders", "OrderCompleted", "OrderFailed")
             if event["id"] in ids]
    assert sorted(taken) == sorted(ids)
    assert sorted(ended) == sorted(ids)


def test_an_order_waits_for_products_and_is_seen_waiting(victim, shop):
    shop.settled()
    with Hung(victim, PRODUCTS):
        placed = [shop.ordered() for _ in range(3)]
        view = until("the view", lambda: victim.get(placed[0].headers["Location"]).json().get("state"))
        assert view == "processing"
        until("it tells them", lambda: told(victim, "open") == 3)
        oldest_ms = until("it tells their age", lambda: told(victim, "oldest_open_ms"))
        until("it grows older", lambda: (told(victim, "oldest_open_ms") or 0) > oldest_ms)
    for answer in placed:
        assert settled(victim, answer)["state"] == "completed"
    until("nothing is open", lambda: told(victim, "open") == 0)
    shown_until(victim, f"/api-queries/products/{shop.product}", stock=996)


def test_an_order_outlives_products_that_died_with_it_unseen(victim, shop):
    primary = victim.primary_of(PRODUCTS)
    victim.kill(primary, signal.SIGSTOP)
    placed = [shop.ordered() for _ in range(5)]
    victim.wait_restarted(primary, victim.kill(primary))
    all_completed(shop, placed)


def test_an_order_outlives_orders_that_died_before_the_answer_of_products(victim, shop):
    with Hung(victim, PRODUCTS):
        placed = [shop.ordered() for _ in range(5)]
        primary = victim.primary_of(ORDERS)
        victim.wait_restarted(primary, victim.kill(primary))
    all_completed(shop, placed)


@pytest.mark.parametrize("name", [ORDERS, PRODUCTS, USERS, "redis", "gateway", "monitor", *queries_of("orders"),
                                  queries_of("products")[0]])
def test_orders_under_way_settle_though_a_process_is_killed(victim, shop, name):
    placed = [shop.ordered() for _ in range(20)]
    process = process_of(victim, name)
    victim.wait_restarted(process, victim.kill(process))
    victim.wait_healthy()
    placed += [shop.ordered() for _ in range(5)]
    all_completed(shop, placed)


def test_orders_settle_without_redis(victim, shop):
    """By the journals' feeds."""
    with Hung(victim, "redis"):
        placed = [shop.ordered() for _ in range(5)]
        for answer in placed:
            assert settled(victim, answer, within_s=60)["state"] == "completed"
        new = Shop(victim, stock=1)
        assert new.settled()["state"] == "completed", "users and products reach orders too"
    all_completed(shop, placed)


def test_a_rename_reaches_orders_that_was_away(victim, shop):
    before = shop.settled()
    with Hung(victim, ORDERS):
        answer = victim.post({"name": "renamed while it was away"}, path=f"/api-commands/products/{shop.product}",
                             method="PUT")
        assert answer.status_code == 200
    shown_until(victim, f"/api-queries/orders/{before['id']}", product_name="renamed while it was away")


def test_everything_killed_at_once_settles_what_was_answered(victim, shop):
    placed = [shop.ordered() for _ in range(20)]
    victim.note_processes()
    for seen in processes.family(victim.supervisor_pid()):
        with contextlib.suppress(ProcessLookupError):  # some end with the supervisor
            os.kill(seen.pid, signal.SIGKILL)
    assert not victim.left_behind(within_s=20)
    victim.up()
    all_completed(shop, placed)


def test_a_rebuilt_read_model_of_orders_says_the_same(victim, shop):
    placed = [shop.ordered() for _ in range(10)]
    all_completed(shop, placed)
    before = victim.get("/api-queries/orders").content
    for service in ("users", "products", "orders"):
        done = victim.cli("rebuild", service)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "identical" in done.stdout
    for name in queries_of("orders"):
        assert victim.direct(name, "/api-queries/orders").content == before
