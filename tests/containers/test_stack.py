"""The instance in containers serves as the one of `sportapp up` does, and each container may do no more than it must."""
import json
from urllib.parse import urlsplit

import pytest
import requests

from sportapp import unique
from stack import NAMES, PROJECT
from waiting import until

# The routes of the class's SportApp, as its clients know them.
COMMANDS = {"users": lambda: {"username": unique("ana")},
            "products": lambda: {"name": unique("Ball"), "description": "Size 5", "value": 1500, "stock": 10}}


def ask(stack, method: str, path: str, body=None, **headers) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, stack.url + path, json=body, headers=headers, timeout=30)


def made(stack, service: str, body) -> requests.Response:
    answer = ask(stack, "POST", f"/api-commands/{service}", body)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("service", COMMANDS)
def test_what_is_written_is_read(stack, service):
    body = COMMANDS[service]()
    answer = made(stack, service, body)
    shown = ask(stack, "GET", f"/api-queries/{service}/{answer.json()['id']}",
                **{"Sportapp-Position": answer.headers["Sportapp-Position"], "Prefer": "wait=10"})
    assert shown.status_code == 200 and shown.json().items() >= body.items()
    listed = ask(stack, "GET", f"/api-queries/{service}").json()
    assert answer.json()["id"] in [one["id"] for one in listed]


def test_an_order_takes_its_pieces(stack):
    user, product = made(stack, "users", COMMANDS["users"]()), made(stack, "products", COMMANDS["products"]())
    changed = ask(stack, "PUT", f"/api-commands/products/{product.json()['id']}", {"stock": 8})
    assert changed.status_code == 200, changed.text
    position = ",".join(answer.headers["Sportapp-Position"] for answer in (user, changed))
    order = ask(stack, "POST", "/api-commands/orders",
                {"user": user.json()["id"], "product": product.json()["id"], "quantity": 3},
                **{"Sportapp-Position": position, "Prefer": "wait=10"})
    assert order.status_code == 200, order.text
    path = f"/api-queries/orders/{order.json()['id']}"
    until("the order is completed", lambda: ask(stack, "GET", path).json().get("state") == "completed")
    until("its pieces are gone", lambda: ask(
        stack, "GET", f"/api-queries/products/{product.json()['id']}").json()["stock"] == 5)


def test_the_same_key_takes_effect_once(stack):
    body, key = COMMANDS["users"](), unique("key")
    first, second = (ask(stack, "POST", "/api-commands/users", body, **{"Idempotency-Key": key}) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())


def test_inner_routes_are_not_served(stack):
    assert ask(stack, "GET", "/internal/feed").status_code == 404


def test_status_and_events_are_told_in_the_monitors_container(stack):
    stack.wait_redundant()
    assert set(stack.status()) == set(NAMES)
    shown = stack.inside("monitor", "sportapp", "status")
    assert "primary" in shown and "spare" in shown and "users-commands-b" in shown
    assert stack.inside("monitor", "sportapp", "events")


def test_an_operator_can_switch_over(stack):
    stack.wait_redundant()
    before = stack.primary_of("products")
    stack.inside("monitor", "sportapp", "switchover", "products")
    until("products has another primary", lambda: stack.primary_of("products") != before)
    stack.wait_redundant()


def test_it_is_backed_up_while_it_runs(stack):
    made(stack, "users", COMMANDS["users"]())
    stack.compose("run", "--rm", "-T", "tools", "backup", "/backups/one")
    said = stack.compose("run", "--rm", "-T", "tools", "verify", "--backup", "/backups/one")
    assert ", 0 different, 0 unreadable" in said, said


def test_every_container_is_healthy(stack):
    def states():
        found = {name: told["State"]["Health"] for name, told in stack.inspect_all().items()}
        sick = {name: health["Log"][-1:] for name, health in found.items() if health["Status"] != "healthy"}
        assert not sick, sick
        return True
    until("Docker calls every container healthy", states, 60, every_s=1)


def test_containers_may_do_no_more_than_they_must(stack):
    for name, told in stack.inspect_all().items():
        host = told["HostConfig"]
        assert told["Config"]["User"] == "10001:10001", name
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["Privileged"], name
        assert host["Memory"] > 0 and host["PidsLimit"] > 0 and host["NanoCpus"] > 0, name
        assert "docker.sock" not in json.dumps(told["Mounts"]), name
        assert not any(word in one for one in told["Config"]["Env"] for word in ("KEY", "SECRET", "PASSWORD")), name


def test_from_inside_nothing_but_data_is_written(stack):
    script = "id -u; for place in / /usr/lib/sportapp /etc /run/sportapp-key /etc/sportapp /srv; do " \
             "if touch $place/x 2>/dev/null; then echo $place; fi; done; awk '/CapEff|NoNewPrivs/ { print $2 }' /proc/1/status"
    for name in ("users-commands-a", "gateway", "redis"):
        assert stack.inside(name, "sh", "-c", script).split() == ["10001", "0000000000000000", "1"], name


def test_only_the_gateways_port_is_published_and_only_here(stack):
    network = {name: told["NetworkSettings"] for name, told in stack.inspect_all().items()}
    published = {name: told["Ports"] for name, told in network.items() if any((told["Ports"] or {}).values())}
    assert published == {"gateway": {"5000/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(urlsplit(stack.url).port)}]}}
    networks = {name: set(told["Networks"]) for name, told in network.items()}
    assert networks.pop("gateway") == {f"{PROJECT}_inside", f"{PROJECT}_outside"}
    assert set(map(frozenset, networks.values())) == {frozenset({f"{PROJECT}_inside"})}


def test_the_whole_of_it_comes_back_with_its_data(stack):
    answer = made(stack, "users", COMMANDS["users"]())
    stack.compose("stop", "--timeout", "15")
    stack.up()
    shown = ask(stack, "GET", f"/api-queries/users/{answer.json()['id']}",
                **{"Sportapp-Position": answer.headers["Sportapp-Position"], "Prefer": "wait=20"})
    assert shown.status_code == 200, shown.text
    stack.wait_redundant()
