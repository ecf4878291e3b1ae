"""`sportapp run NAME`: processes run one by one, as containers and service managers do it."""
import os
import signal
import socket

import pytest

from one_by_one import FIRST_PORT, OneByOne
from sportapp import run_cli, unique
from waiting import until


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    made = OneByOne(tmp_path_factory.mktemp("one-by-one"))
    try:
        made.start_all()
        yield made
        made.stop_all()
    finally:
        made.kill_all()


def wait_in_sync(instance):
    def primary_and_spare() -> bool:
        told = run_cli("status", "--data", instance.data).stdout
        users = next(line for line in told.splitlines() if line.startswith("users:"))
        return "primary a" in users and ("in sync: a, b" in users or "in sync: b, a" in users)
    until("a is primary of users again, and b in sync", primary_and_spare, 60)


def test_all_of_them_make_an_instance(instance):
    name = unique()
    answer = instance.register(name)
    assert answer.status_code == 200 and answer.json()["username"] == name
    for process in instance.names():
        done = instance.cli("health", process)
        assert (done.returncode, done.stdout) == (0, f"{process} serves\n"), done.stderr
    wait_in_sync(instance)
    assert run_cli("verify", "--data", instance.data).returncode == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "halted"])
def test_a_process_that_ends_or_hangs_is_started_again_by_its_own_supervisor(instance, how):
    wait_in_sync(instance)
    before = instance.child("users-commands-a")
    os.kill(before, how)
    for _ in range(3):
        assert instance.register(unique()).status_code == 200
    until("it runs again", lambda: instance.child("users-commands-a") not in (0, before))
    wait_in_sync(instance)


@pytest.mark.parametrize("name", ["users-commands-a", "users-commands-b", "users-queries-1"])
def test_what_stands_still_with_its_supervisor_costs_nobody_an_answer(instance, name):
    """As a paused container: nobody can end it, its sockets take connections and say nothing."""
    wait_in_sync(instance)
    still = [instance.supervisors[name].pid, instance.child(name)]
    for pid in still:
        os.kill(pid, signal.SIGSTOP)
    try:
        for _ in range(4):
            user = unique()
            made = instance.register(user)
            assert made.status_code == 200, made.text
            read = instance.read(made.json()["id"], made.headers["Sportapp-Position"])
            assert read.status_code == 200 and read.json()["username"] == user
    finally:
        for pid in still:
            os.kill(pid, signal.SIGCONT)
    wait_in_sync(instance)
    assert instance.child(name) == still[1], "what stood still with all around it is not killed for it"


def test_nothing_runs_twice(instance):
    done = instance.cli("run", "redis")
    assert done.returncode == 3 and "redis runs already on" in done.stderr
    done = run_cli("up", "--data", instance.data, "--port", str(instance.port + 1))
    assert done.returncode == 3 and "it runs already" in done.stderr


@pytest.mark.parametrize("command", [("down",), ("stop", "redis"), ("restart", "redis"), ("start", "redis")])
def test_who_has_no_supervisor_of_all_says_where_to_ask(instance, command):
    done = run_cli(*command, "--data", instance.data)
    assert done.returncode == 1 and "supervisor of its own" in done.stderr


def test_an_operator_can_switch_over(instance):
    wait_in_sync(instance)
    done = run_cli("switchover", "orders", "--data", instance.data)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_service_manager_is_told(tmp_path):
    one = OneByOne(tmp_path, first_port=FIRST_PORT + 200)
    path = tmp_path / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(30)
        os.environ["NOTIFY_SOCKET"] = str(path)
        try:
            one.start("redis")
        finally:
            del os.environ["NOTIFY_SOCKET"]
        try:
            said = []
            while "READY=1" not in (said := said + manager.recv(4096).decode().splitlines()):
                pass
            assert "WATCHDOG=1" in (said + manager.recv(4096).decode().splitlines())
            one.supervisors["redis"].send_signal(signal.SIGTERM)
            while "STOPPING=1" not in manager.recv(4096).decode():
                pass
            assert one.supervisors["redis"].wait(timeout=20) == 0
        finally:
            one.kill_all()


@pytest.mark.parametrize("text, words", [
    ('[network.addresses]\nredis = "somewhere"\n', "sportapp.toml:2: 'redis' is 'somewhere', which is not an IP address"),
    ('[network.addresses]\nredis-2 = "10.0.0.1"\n', "[network.addresses] has 'redis-2', and there is no such process"),
    ("[network]\nfirst_port = 65530\n", "first_port = 65530 leaves no room"),
    ("[network]\nfirst_prot = 17000\n", "sportapp.toml:2: 'first_prot' is not a setting here"),
])
def test_a_mistake_in_the_network_is_told_before_anything_starts(tmp_path, text, words):
    (tmp_path / "sportapp.toml").write_text(text)
    done = run_cli("run", "redis", "--config", tmp_path / "sportapp.toml", "--data", tmp_path / "data")
    assert done.returncode == 2 and words in done.stderr, done.stderr
    assert not (tmp_path / "data/redis").exists()


def test_up_has_all_on_this_machine_and_says_so(tmp_path):
    (tmp_path / "sportapp.toml").write_text('[network]\nlisten = "0.0.0.0"\n')
    done = run_cli("up", "--data", tmp_path)
    assert done.returncode == 1 and "run them one by one (sportapp run)" in done.stderr


def test_wrong_names_are_refused(tmp_path):
    for arguments in (("run",), ("run", "nope"), ("health", "nope")):
        done = run_cli(*arguments, "--data", tmp_path / "data")
        assert done.returncode == 2 and "sportapp: " in done.stderr, arguments


def test_a_key_is_made_once(tmp_path):
    file = tmp_path / "cluster.key"
    assert run_cli("key", file).returncode == 0
    key = file.read_text()
    assert len(key) == 65 and file.stat().st_mode & 0o777 == 0o600
    assert run_cli("key", file).returncode == 0 and file.read_text() == key
    file.chmod(0o644)
    done = run_cli("key", file)
    assert done.returncode == 1 and "chmod 600" in done.stderr
