"""The service of the seed's kind (bench/peers/flask) does what that kind does, and ends when it is told to."""
import itertools
import os
import signal
import socket

import pytest

import flask_peer
from waiting import until


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    with flask_peer.running(tmp_path_factory.mktemp("flask") / "data") as running:
        yield running


def test_a_user_is_registered_and_read_back(peer):
    answer = peer.register("ana")
    assert answer.status_code == 200
    ana = answer.json()
    assert ana == {"id": ana["id"], "username": "ana"}
    until("the queue brought ana to the queries", lambda: peer.get(f"/api-queries/users/{ana['id']}").json() == ana)
    assert peer.get("/api-queries/users?username=ana").json() == [ana]
    assert ana in peer.get("/api-queries/users").json()


def test_an_order_is_processed_by_the_queues(peer):
    user = peer.register("olga").json()
    product = peer.post("/api-commands/products", {"name": "Ball", "value": 1500, "stock": 4}).json()
    assert product["stock"] == 4 and product["description"] == ""

    def ordered():
        answer = peer.post("/api-commands/orders", {"user": user["id"], "product": product["id"], "quantity": 3})
        return answer.json() if answer.status_code == 200 else None

    def settled(order: dict):
        shown = peer.get(f"/api-queries/orders/{order['id']}").json()
        return shown if shown["state"] != "processing" else None

    orders = [until("orders knows user and product", ordered), ordered()]
    assert [order["state"] for order in orders] == ["processing", "processing"]
    shown = [until(f"order {order['id']} is settled", lambda order=order: settled(order)) for order in orders]
    assert [order["state"] for order in shown] == ["completed", "failed"]
    assert (shown[0]["user_username"], shown[0]["product_name"], shown[0]["total"]) == ("olga", "Ball", 4500)
    assert "1 left" in shown[1]["reason"]
    path = f"/api-queries/products/{product['id']}"
    until("the stock is taken", lambda: peer.get(path).json()["stock"] == 1)
    changed = peer.post(f"/api-commands/products/{product['id']}", {"stock": 0}, method="PUT").json()
    assert changed == {**product, "stock": 0}
    until("it is shown as sold out", lambda: peer.get(path).json()["disponible"] is False)


def test_wrong_requests_are_refused(peer):
    peer.register("eva")
    assert peer.register("eva").status_code == 409
    assert peer.register("").status_code == 400
    assert peer.register("x" * 51).status_code == 400
    assert peer.post("/api-commands/users", "{").status_code == 400
    assert peer.post("/api-commands/users", "[]").json()["error"]
    assert peer.post("/api-commands/orders", {"user": 999999, "product": 1, "quantity": 1}).status_code == 400
    assert peer.get("/api-queries/users/999999").status_code == 404
    assert peer.get("/api-queries/nothing").status_code == 404


def test_a_poison_request_ends_the_service_and_the_monitor_brings_a_spare_and_the_service(peer):
    before = peer.register("before").json()
    assert peer.register("poison:crash-1").status_code == 502
    peer.note_processes()
    names = itertools.count(1)

    def registered_again():
        answer = peer.register(f"after-{next(names)}")
        return answer.json() if answer.status_code == 200 else None

    after = until("somebody registers again", registered_again, within_s=90, every_s=0.2)
    assert after["id"] > before["id"], "the spare has what was registered before"
    assert "a spare is started" in peer.log("monitor")
    until("the service is back and the spare ended", lambda: "the spare ends" in peer.log("monitor"), within_s=90)
    later = until("somebody registers without the spare", registered_again, within_s=60)
    assert {"before", after["username"], later["username"]} <= set(peer.usernames())
    assert not any(name.startswith("poison") for name in peer.usernames())


def test_its_processes_end_with_it_even_when_it_is_killed(tmp_path):
    peer = flask_peer.FlaskPeer(tmp_path / "data")
    try:
        peer.wait_until_it_serves()
        os.kill(peer.process.pid, signal.SIGKILL)
        peer.process.wait(30)
        assert not peer.left_behind()
    finally:
        peer.process.kill()
        peer.process.wait(30)


def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        peer = flask_peer.FlaskPeer(tmp_path / "data", port=taken.getsockname()[1])
        assert peer.process.wait(120) == 1
    assert "gateway did not start" in peer.said.read_text()
    assert "Address already in use" in peer.log("gateway")
    assert not peer.left_behind()
