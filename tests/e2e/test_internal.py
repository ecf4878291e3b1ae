"""What only the instance itself may ask of its processes: refused without its key, on every way to them."""
import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
from typing import NamedTuple

import pytest
import requests

import raw
from instance_key import credential, metrics_token
from sportapp import COMMANDS, QUERIES, ROOT, SERVICE_PROCESSES, SPARES, bin_dir, free_port
from waiting import until

PROCESSES = (*SERVICE_PROCESSES, "monitor")
ABSENT = ("/internal", "/internal/", "/internal/none", "/internal/status/", "/internal//status", "/metrics/")
# As they are added to the routers: add("GET", "/internal/...".
IN_SOURCE = re.compile(r'"(GET|POST|PUT|DELETE)",\s*"(/internal/[^"]*|/metrics[^"]*)"')


class Route(NamedTuple):
    method: str
    path: str


class OverSocket(http.client.HTTPConnection):
    """HTTP to the local socket by which the gateway reaches a process."""

    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def routes_of(app, name: str) -> list:
    """Those of its routes that need the key, as it tells them itself."""
    listed = app.direct(name, "/internal/routes").json()["routes"]
    return [Route(one["method"], one["path"]) for one in listed if one["internal"]]


def on_port(app, name: str, method: str, path: str, headers: dict) -> int:
    return app.direct(name, path, method, keyed=False, headers=headers, data=b"{}" if method == "POST" else None).status_code


def on_socket(app, name: str, method: str, path: str, headers: dict) -> int:
    with contextlib.closing(OverSocket(app.data / "run" / name / "http.sock")) as connection:
        connection.request(method, path, b"{}" if method == "POST" else None, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def ways_to(name: str) -> list:
    return [on_port] if name == "monitor" else [on_port, on_socket]


def wrong_headers(app) -> list:
    """What shows no key, and what shows another."""
    key, right = app.key_file.read_text().strip(), credential(app.key_file)
    wrong = ("", "0" * 64, key, metrics_token(app.key_file), right[:-1], right + "0", right.upper(), f"Bearer {right}")
    return [{}, {"Authorization": f"Bearer {right}"}, {"Authorization": right}, {"Cookie": f"Sportapp-Key={right}"},
            *({"Sportapp-Key": value} for value in wrong)]


def concrete(path: str) -> str:
    return re.sub(r"\{\w+\}", "1", path)


@pytest.mark.parametrize("name", PROCESSES)
def test_each_internal_route_needs_the_key(app, name):
    right = {"Sportapp-Key": credential(app.key_file)}
    routes = routes_of(app, name)
    assert Route("GET", "/internal/status") in routes and Route("GET", "/metrics") in routes
    for ask in ways_to(name):
        for method, path in routes:
            for headers in wrong_headers(app):
                assert ask(app, name, method, concrete(path), headers) == 403, (ask, method, path, headers)
            # One that would change something is asked by a method that it does not take.
            assert ask(app, name, method if method == "GET" else "DELETE", concrete(path), right) != 403, (ask, path)


@pytest.mark.parametrize("name", [COMMANDS, QUERIES[0], "monitor"])
def test_what_is_not_there_is_refused_alike(app, name):
    for ask in ways_to(name):
        for path in ABSENT:
            for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
                assert ask(app, name, method, path, {}) == 403, (ask, method, path)
            assert ask(app, name, "GET", path, {"Sportapp-Key": credential(app.key_file)}) == 404, (ask, path)


def test_a_process_tells_every_route_of_the_source(app):
    """So the tests here ask all of them."""
    told = {route for name in PROCESSES for route in routes_of(app, name)}
    written = {Route(*found) for file in (ROOT / "src").rglob("*.cpp") if not file.name.endswith(("_test.cpp", "_fuzz.cpp"))
               for found in IN_SOURCE.findall(file.read_text())}
    if SPARES == 0:
        told |= {route for route in written if route.path in ("/internal/failover", "/internal/events",
                                                              "/internal/switchover", "/internal/promote")}
    assert told == written


def test_the_key_opens_nothing_through_the_gateway(app):
    right = {"Sportapp-Key": credential(app.key_file), "Authorization": f"Bearer {metrics_token(app.key_file)}"}
    for method, path in sorted({route for name in PROCESSES for route in routes_of(app, name)}):
        for headers in ({}, right):
            answer = app.raw(method, concrete(path), b"{}" if method == "POST" else b"", list(headers.items()))
            assert answer.status == 404, (method, path, answer)


@pytest.mark.parametrize("name", [COMMANDS, QUERIES[0], "monitor"])
def test_the_key_opens_nothing_to_what_came_through_a_gateway(app, name):
    for method, path in routes_of(app, name):
        for keyed in (False, True):
            answer = app.direct(name, concrete(path), method, keyed=keyed, headers={"Sportapp-Via": "gateway"})
            assert answer.status_code == 404, (method, path)


@pytest.mark.parametrize("path", ["/internal/promote", "/internal/none"])
def test_the_refusal_does_not_wait_for_the_body(app, path):
    for expect in ([], [("Expect", "100-continue")]):
        with raw.Connection(app.port_of("monitor")) as connection:
            connection.send(raw.request("POST", path, b"", [("Content-Length", "60000"), *expect]))
            assert connection.answer().status == 403
            assert connection.closed()


def test_a_refusal_says_what_to_do(app):
    answer = app.direct("monitor", "/internal/failover", keyed=False)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "sportapp help" in answer.json()["detail"] and "Sportapp-Key" in answer.json()["detail"]
    assert "metrics-token" in app.direct("monitor", "/metrics", keyed=False).json()["detail"]


# --- orders ---

def records(app) -> list:
    views = app.direct("monitor", "/internal/failover").json()["services"]
    return [(view["service"], view["epoch"], view["primary"], view["in_sync"], view["switchover"]) for view in views]


@pytest.mark.skipif(SPARES == 0, reason="a service has one node only")
def test_orders_without_the_key_change_nothing(app):
    until("everything is in sync", lambda: all(len(record[3]) == 1 + SPARES for record in records(app)), 60)
    before = records(app)
    orders = [("/internal/switchover", {"service": "users"}), ("/internal/switchover", {"service": "users", "to": "b"}),
              *(("/internal/promote", {"service": service, "node": node, "force": True})
                for service, *_ in before for node in "ab")]
    for path, body in orders:
        for headers in wrong_headers(app):
            answer = app.direct("monitor", path, "POST", keyed=False, json=body, headers=headers)
            assert answer.status_code == 403, (path, body, headers)
    assert records(app) == before
    app.registered()
    assert records(app) == before


# --- metrics ---

def test_metrics_are_collected_with_a_token_that_opens_nothing_else(app):
    file = app.data / "run" / "metrics.token"
    token = file.read_text().strip()
    assert token == metrics_token(app.key_file) == app.done("metrics-token").strip()
    assert file.stat().st_mode & 0o777 == 0o600
    bearer = {"Authorization": f"Bearer {token}"}
    for name in PROCESSES:
        collected = app.direct(name, "/metrics", keyed=False, headers=bearer)
        assert collected.status_code == 200 and "# TYPE sportapp_http_requests_total" in collected.text, name
        assert app.direct(name, "/metrics", keyed=False, headers={"Authorization": "Bearer "}).status_code == 403
        for method, path in routes_of(app, name):
            if path != "/metrics":
                assert app.direct(name, concrete(path), method, keyed=False, headers=bearer).status_code == 403, path


@pytest.mark.parametrize("name", PROCESSES)
def test_whether_it_lives_and_is_ready_is_told_to_everybody(app, name):
    for path in ("/health/live", "/health/ready"):
        assert app.direct(name, path, keyed=False).status_code == 200


# --- commands ---

def test_an_operator_asks_with_the_command(app):
    told = json.loads(app.done("ask", COMMANDS, "/internal/status"))
    assert told["name"] == COMMANDS
    assert "sportapp_journal_position" in app.done("ask", COMMANDS, "/metrics")
    for arguments, status in (((COMMANDS, "/internal/none"), 1), (("nobody", "/internal/status"), 2),
                              (("redis", "/internal/status"), 2)):
        done = app.cli("ask", *arguments)
        assert done.returncode == status and done.stderr.strip(), arguments


def test_a_token_without_a_key_is_none(tmp_path):
    done = subprocess.run([bin_dir() / "sportapp", "metrics-token", "--data", tmp_path / "data"], check=False,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "cluster.key" in done.stderr and not done.stdout
    assert not (tmp_path / "data").exists(), "asking makes no folders"


def test_commands_that_lack_the_key_say_so(new_instance):
    instance = new_instance()
    text = instance.key_file.read_text()
    before = records(instance)
    instance.key_file.unlink()
    shown = instance.cli("status")
    assert "cluster.key" in shown.stdout
    done = instance.cli("switchover", "users")
    assert done.returncode == 1 and "cluster.key" in done.stderr
    instance.key_file.write_text("f" * 64 + "\n")
    os.chmod(instance.key_file, 0o600)
    done = instance.cli("switchover", "users")
    assert done.returncode == 1 and "403" in done.stderr
    instance.key_file.write_text(text)
    assert records(instance) == before
    assert instance.healthy()


# --- a process that was started by hand ---

def test_without_a_key_file_a_process_does_not_start_and_says_why(app, tmp_path):
    settings = (app.data / "config" / f"{QUERIES[0]}.toml").read_text()
    port, log = free_port(), tmp_path / "process.log"
    for name, value in (("port", port), ("key_file", ""), ("local_socket", ""), ("data", str(tmp_path)),
                        ("log_file", str(log))):
        settings, count = re.subn(rf"^{name} = .*$", f"{name} = {json.dumps(value)}", settings, count=1, flags=re.M)
        assert count == 1, name
    config = tmp_path / "process.toml"
    config.write_text(settings)
    done = subprocess.run([bin_dir() / "users-queries", "--config", config], timeout=60, check=False)
    assert done.returncode == 1
    assert log.read_text().count("no key_file") == 1
