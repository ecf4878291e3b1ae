"""What the network sees of the instance, tried from each place a stranger may stand."""
import concurrent.futures
import socket
import tomllib

import pytest

import raw
from sportapp import ROOT, run_cli
from stack import NAMES, PROJECT
from test_gateway import INTERNAL, spellings

ADDRESSES = tomllib.loads((ROOT / "deploy/compose/sportapp.toml").read_text())["network"]["addresses"]
SETTINGS = ROOT / "deploy/compose/sportapp.toml"
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get", "X" * 40)
# Prints the ports that take a connection.
OPEN = "for port in {ports}; do timeout 1 bash -c \"exec 3<>/dev/tcp/{address}/$port\" 2>/dev/null && echo $port; done; true"
TIMEOUT_S = 0.5


def listens(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(TIMEOUT_S)
        return probe.connect_ex((address, port)) == 0


def open_ports(address: str) -> set:
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        return {port for port, is_open in zip(range(1, 65536), pool.map(lambda port: listens(address, port), range(1, 65536)))
                if is_open}


def from_network(stack, image, network: str, address: str, ports: str) -> list:
    """Ports that a container of the network can connect to."""
    return stack.docker("run", "--rm", "--network", f"{PROJECT}_{network}", "--entrypoint", "bash", image, "-c",
                        OPEN.format(ports=ports, address=address)).split()


def test_each_process_listens_where_it_must_and_nowhere_else(stack):
    names = run_cli("run", "--list", "--config", SETTINGS).stdout.split()
    assert set(names) == set(NAMES)
    for number, name in enumerate(names):
        expected = {5000} if name == "gateway" else {20000 + 2 * number}
        if "-commands-" in name:
            expected.add(20001 + 2 * number)
        if name in ("gateway", "users-commands-a"):  # 65,535 ports each
            assert open_ports(ADDRESSES[name]) == expected, name
        else:
            assert all(listens(ADDRESSES[name], port) for port in expected), name


def outside_address(stack) -> str:
    return stack.inspect("gateway")["NetworkSettings"]["Networks"][f"{PROJECT}_outside"]["IPAddress"]


def test_the_gateways_own_network_reaches_the_gateway_alone(stack, image):
    """Who gets into the network `outside` is no nearer to the processes."""
    assert from_network(stack, image, "outside", outside_address(stack), "5000 20000 20002 6379") == ["5000"]
    for name in ("redis", "users-commands-a", "monitor"):
        assert from_network(stack, image, "outside", ADDRESSES[name], "20000 20002 20003 20026") == [], name


def test_from_the_inside_no_other_network_is_reached(stack):
    outside = outside_address(stack)
    assert listens(outside, 5000)
    for name in ("redis", "users-commands-a", "monitor"):
        assert stack.inside(name, "bash", "-c", OPEN.format(ports="5000", address=outside)) == "", f"{name} has a way out"
        assert stack.inside(name, "bash", "-c", OPEN.format(ports="5000", address=ADDRESSES["gateway"])) == "5000", name


@pytest.mark.parametrize("path", [*INTERNAL, "/internal/failover", "/internal/switchover", "/internal/promote"])
def test_nothing_internal_is_reached_by_any_spelling_or_method(stack, path):
    for target in spellings(path):
        for method in METHODS:
            answer = raw.exchange(stack.port, raw.request(method, target, b"{}" if method in ("POST", "PUT") else b"", ()))
            if "?x=/" in target and method == "GET":
                assert answer.status == 200  # the list, with a parameter nobody knows
                continue
            assert 400 <= answer.status < 500, (method, target, answer)
            assert b"# TYPE" not in answer.body and b'"epoch"' not in answer.body, (method, target)


def asked_inside(name: str, method: str, path: str, body: bytes = b"") -> int:
    """What the process itself answers to whoever reaches its own address."""
    port = 20000 + 2 * run_cli("run", "--list", "--config", SETTINGS).stdout.split().index(name)
    with raw.Connection(port, host=ADDRESSES[name]) as connection:
        connection.send(raw.request(method, path, body, [("Content-Type", "application/json")]))
        return connection.answer().status


def test_a_process_tells_who_has_no_key_only_whether_it_serves(stack):
    stack.wait_redundant()
    epochs = {view["service"]: view["epoch"] for view in stack.told()["services"]}
    for name in NAMES:
        if name in ("redis", "gateway"):
            continue
        for path in [*INTERNAL, "/internal/failover", "/internal/none"]:
            assert asked_inside(name, "GET", path) == (200 if path.startswith("/health/") else 403), (name, path)
    for path, body in (("switchover", b'{"service":"users"}'), ("promote", b'{"service":"users","node":"b","force":true}')):
        assert asked_inside("monitor", "POST", f"/internal/{path}", body) == 403
    assert {view["service"]: view["epoch"] for view in stack.told()["services"]} == epochs


def test_answers_tell_nothing_of_versions_or_of_the_inside(stack):
    for method, target in (("GET", "/health"), ("GET", "/nothing"), ("POST", "/api-commands/users"), ("GET", "/api-queries/users")):
        answer = raw.exchange(stack.port, raw.request(method, target, b"", ()))
        said = str(answer.headers).lower() + answer.text.lower()
        assert answer.headers.get("server", "nginx") == "nginx"
        assert "x-powered-by" not in answer.headers and "10.98.27." not in said and "20002" not in said, (target, answer)


def test_no_container_wrote_anywhere_but_into_its_volumes(stack):
    for name in ("redis", "users-commands-a", "users-queries-1", "monitor", "gateway"):
        changed = stack.docker("diff", stack.container(name)).splitlines()
        # The places of mounts, which Docker makes when it starts the container.
        written = [line for line in changed if not line.startswith("C ") and line.split()[1] not in
                   ("/etc/sportapp", "/etc/sportapp/sportapp.toml")]
        assert written == [], f"{name}: {written}"
