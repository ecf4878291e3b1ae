"""The one command: what it says and leaves, and its exit status."""
import json
import os
import re
import socket
import threading

import pytest

from sportapp import COMMANDS, NAMES, QUERIES, SERVICE_PROCESSES, SERVING, Instance, nodes_of, run_cli, unique
from tls_front import certificate, tls_front
from waiting import until

RUNS_ALREADY, NOT_RUNNING = 3, 4  # exit statuses that scripts may rely on
SUBCOMMANDS = ("up", "down", "status", "logs", "rebuild", "import", "verify", "events", "stop", "start", "restart",
               "switchover", "promote", "experiment", "backup", "restore", "config", "ask", "metrics-token")
PROCESSES = {*SERVICE_PROCESSES, "monitor", "redis", "gateway", "supervisor"}


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_each_subcommand_helps_with_examples(command):
    done = run_cli(command, "--help")
    assert done.returncode == 0
    assert re.search(r"examples?:", done.stdout, re.IGNORECASE)
    assert f"sportapp {command}" in done.stdout


def test_help_names_every_subcommand():
    for arguments in (["--help"], ["help"]):
        done = run_cli(*arguments)
        assert done.returncode == 0
        assert all(command in done.stdout for command in SUBCOMMANDS)


@pytest.mark.parametrize("arguments", [["fly"], ["up", "--wings"], ["up", "--port", "70000"], ["up", "--port", "x"],
                                       ["rebuild"], ["rebuild", "nothing"], []])
def test_a_typing_mistake_is_explained_on_standard_error(arguments, tmp_path):
    extra = ["--data", tmp_path / "data"] if arguments[:1] in (["up"], ["rebuild"]) else []
    done = run_cli(*arguments, *extra)
    assert done.returncode != 0
    assert done.stderr.strip()
    assert "terminate called" not in done.stderr


def test_up_says_where_to_look(new_instance):
    instance = new_instance(start=False)
    done = instance.up()
    assert instance.url in done.stdout or f"localhost:{instance.port}" in done.stdout
    assert "logs" in done.stdout


def test_status_json_is_what_scripts_rely_on(app):
    entries = app.status()
    assert set(entries) == PROCESSES
    for name in SERVICE_PROCESSES:
        info = entries[name]
        assert (info.service, info.side, info.node) == tuple(name.split("-"))
        assert info.role in ("primary", "spare") or info.side == "queries"
    for service in NAMES:
        assert [entries[name].role for name in nodes_of(service)].count("primary") == 1
    # On a busy machine one may be cut off for a moment.
    until("every process serves", lambda: all(info.state in SERVING for info in app.status().values()))
    others = PROCESSES - set(SERVICE_PROCESSES)
    assert all((entries[name].service, entries[name].side, entries[name].node) == ("", "", "") for name in others)
    pids = [info.pid for info in entries.values()]
    assert len(set(pids)) == len(pids)
    assert entries["gateway"].port == app.port


def test_status_for_people_names_everything(app):
    done = app.cli("status")
    assert done.returncode == 0
    assert all(name in done.stdout for name in PROCESSES - {"supervisor"})
    assert "running" in done.stdout


def test_a_second_up_says_that_it_runs_already(app):
    before = {name: info.pid for name, info in app.status().items()}
    second = app.cli("up", "--detach", "--port", app.port)
    assert second.returncode == RUNS_ALREADY
    assert "already" in second.stderr
    assert str(app.port) in second.stderr
    assert {name: info.pid for name, info in app.status().items()} == before


def test_two_instances_live_side_by_side(app, new_instance):
    other, theirs, ours = new_instance(), unique("ana"), unique("luz")
    other.registered(theirs)
    made = app.registered(ours)
    app.wait_for_position(made)
    assert app.user(theirs) == []
    assert app.user(ours) == [made.json()]
    assert other.down().returncode == 0
    assert app.get(made.headers["Location"]).status_code == 200


def test_a_taken_port_is_named_and_nothing_is_left(new_instance):
    instance = new_instance(start=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", instance.port))
        taken.listen()
        done = instance.cli("up", "--detach", "--port", instance.port)
    assert done.returncode != 0
    assert str(instance.port) in done.stderr
    assert "port" in done.stderr
    assert not instance.left_behind()
    instance.up()


def test_down_where_nothing_runs_says_so_and_is_no_failure(tmp_path):
    done = Instance(tmp_path / "data").down()
    assert done.returncode == 0
    assert "not run" in done.stdout
    assert not (tmp_path / "data").exists(), "asking makes no folders"


def test_status_where_nothing_runs_says_so(tmp_path):
    done = Instance(tmp_path / "data").cli("status")
    assert done.returncode == NOT_RUNNING
    assert "not run" in done.stdout
    done = Instance(tmp_path / "data").cli("status", "--json")
    assert done.returncode == NOT_RUNNING
    assert json.loads(done.stdout)["processes"] == []


@pytest.mark.parametrize("command", [["rebuild", "users"], ["logs"], ["verify"]])
def test_what_needs_an_instance_says_that_there_is_none(command, tmp_path):
    done = Instance(tmp_path / "data").cli(*command)
    assert done.returncode != 0
    assert "data" in done.stdout + done.stderr


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = Instance(tmp_path / "file" / "data").cli("up", "--detach", "--port", 5999)
    assert done.returncode != 0
    assert str(tmp_path / "file") in done.stderr


def test_logs_show_what_a_process_said(app):
    name = app.post(b"{").headers["X-Request-Id"]
    until("the log shows the refused request", lambda: name in app.cli("logs", COMMANDS, "-n", 200).stdout, 20)
    done = app.cli("logs", "nobody")
    assert done.returncode == 1
    assert COMMANDS in done.stderr, "it must say which there are"


def test_rebuild_while_serving_gives_an_identical_read_model(new_instance):
    instance = new_instance()
    made = [instance.registered() for _ in range(200)]
    instance.wait_for_position(made[-1])
    before = instance.get("/api-queries/users").json()
    failures, stop = [], threading.Event()

    def read_on():
        while not stop.is_set():
            answer = instance.get(made[0].headers["Location"])
            if answer.status_code != 200:
                failures.append(answer.text)

    reader = threading.Thread(target=read_on)
    reader.start()
    done = instance.cli("rebuild", "users")
    stop.set()
    reader.join()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "identical" in done.stdout
    assert failures == []
    for name in QUERIES:
        assert instance.direct(name, "/api-queries/users").json() == before
    made = instance.registered()
    instance.wait_for_position(made)


def test_import_takes_every_line_and_names_the_refused(app, tmp_path):
    names = [unique("line") for _ in range(50)]
    file = tmp_path / "people.jsonl"
    lines = [json.dumps({"username": name}) for name in names]
    lines[10] = json.dumps({"username": ""})
    lines[20] = "not json"
    file.write_text("\n".join(lines) + "\n")
    head = app.journal_head()
    done = run_cli("import", "--url", app.url, file)
    said = done.stdout + done.stderr
    assert done.returncode != 0, "two lines were refused"
    assert re.search(r"\b11\b", said) and re.search(r"\b21\b", said)
    assert app.journal_head() == head + 48
    again = run_cli("import", "--url", app.url, file)
    assert again.returncode == done.returncode
    assert app.journal_head() == head + 48, "a second run doubles nothing"


def test_import_reads_csv_and_standard_input(app):
    names = [unique("csv") for _ in range(5)]
    text = "username,email\n" + "".join(f"{name},{name}@example.org\n" for name in names)
    done = run_cli("import", "-", "--format", "csv", "--url", app.url, stdin=text.encode())
    assert done.returncode == 0, done.stdout + done.stderr
    app.wait_for_position(app.journal_head())
    assert all(app.user(name)[0]["email"] == f"{name}@example.org" for name in names)


def test_import_goes_by_https_to_whom_the_certificate_names(app, tmp_path):
    name = unique("tls")
    text = f"username\n{name}\n".encode()
    cert, key = certificate(tmp_path)
    with tls_front(cert, key, app.port) as port:
        trusts = {**os.environ, "SSL_CERT_FILE": str(cert)}
        for host, env, why in (("localhost", os.environ, "certificate"), ("127.0.0.1", trusts, "certificate")):
            refused = run_cli("import", "-", "--format", "csv", "--url", f"https://{host}:{port}", stdin=text, env=env)
            assert refused.returncode != 0 and why in refused.stderr, refused.stdout + refused.stderr
        assert app.user(name) == []
        done = run_cli("import", "-", "--format", "csv", "--url", f"https://localhost:{port}", stdin=text, env=trusts)
        assert done.returncode == 0, done.stdout + done.stderr
    app.wait_for_position(app.journal_head())
    assert len(app.user(name)) == 1


def test_verify_finds_a_whole_journal_whole(app):
    app.registered()
    app.wait_for_position(app.journal_head())
    done = app.cli("verify")
    assert done.returncode == 0, done.stdout + done.stderr
