"""A newer version on the data of an older one, and programs that are replaced while clients go on."""
import json
import os
import shutil
import tarfile
import threading
from pathlib import Path

import pytest

from sportapp import NAMES, ROOT, Instance, bin_dir, nodes_of, queries_of, run_cli, running, unique
from waiting import until

RELEASES = sorted((ROOT / "tests/fixtures").glob("instance-*.tar.xz"))


@pytest.fixture(scope="module", params=RELEASES, ids=lambda file: file.name)
def upgraded(request, tmp_path_factory):
    """An instance on the data of an earlier release, and what that release answered and showed."""
    data = tmp_path_factory.mktemp("upgraded") / "data"
    with tarfile.open(request.param) as archive:
        archive.extractall(data)
    with running(data) as app:
        yield app, json.loads((data / "expected.json").read_text())


def test_there_is_a_release_to_come_from():
    assert RELEASES


def test_everything_is_shown_as_it_was(upgraded):
    app, expected = upgraded
    for target, view in expected["views"].items():
        assert app.get(target).json() == view, target


def test_an_old_key_gets_its_old_answer_and_does_nothing(upgraded):
    app, expected = upgraded
    heads = {service: app.journal_head(service) for service in NAMES}
    for command in expected["commands"]:
        answer = app.post(command["body"], key=command["key"], path=command["path"], method=command["method"])
        assert (answer.status_code, answer.json()) == (command["status"], command["answer"]), command
    assert heads == {service: app.journal_head(service) for service in NAMES}


def test_it_goes_on_where_the_old_one_ended(upgraded):
    app, expected = upgraded
    users = [command["answer"]["id"] for command in expected["commands"]
             if command["path"].endswith("/users") and command["status"] == 200]
    assert app.registered().json()["id"] == max(users) + 1
    done = app.cli("verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert app.cli("rebuild", "orders").returncode == 0
    test_everything_is_shown_as_it_was(upgraded)


class Clients:
    """Registers, one after another in each of a few threads, until it is left."""

    def __init__(self, app, threads: int = 4):
        self.app, self.sent, self.failed = app, 0, []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.go_on) for _ in range(threads)]

    def go_on(self):
        while not self.over.is_set():
            try:
                answer = self.app.register(unique("client"))
                self.sent += 1
                if answer.status_code != 200:
                    self.failed.append(f"{answer.status_code} {answer.text}")
            except Exception as failed:  # whatever it is, a client saw it
                self.failed.append(repr(failed))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(timeout=60)


def programs_of(app) -> dict:
    names = [name for service in NAMES for name in (*nodes_of(service), *queries_of(service))] + ["monitor"]
    return {name: os.stat(f"/proc/{app.process(name).pid}/exe").st_ino for name in names}


def test_programs_are_replaced_under_load_and_no_client_sees_an_error(tmp_path, monkeypatch):
    mine = tmp_path / "bin"
    mine.mkdir()
    programs = [file for file in Path(bin_dir()).iterdir()
                if file.name in ("sportapp", "monitor", "trial_program") or file.name.endswith(("-commands", "-queries"))]
    for program in programs:
        shutil.copy2(program, mine / program.name)
    monkeypatch.setenv("SPORTAPP_BIN", str(mine))
    with running(tmp_path / "data") as app:
        before = programs_of(app)
        for program in programs:  # as a package manager does it: beside, then over
            shutil.copy2(program, mine / f"{program.name}.new")
            (mine / f"{program.name}.new").rename(mine / program.name)
        with Clients(app) as clients:
            until("clients are served", lambda: clients.sent > 10)
            done = run_cli("restart", "--rolling", "--data", app.data, within_s=600)
            assert done.returncode == 0, done.stdout + done.stderr
        assert not clients.failed and clients.sent > 10
        after = programs_of(app)
        assert not {name for name in after if after[name] == before[name]}, "each runs the program that is there now"
        assert app.cli("verify").returncode == 0
