"""Programs that are replaced while the instance runs, as by an upgrade, and then started one after another."""
import os
import shutil
import threading

from sportapp import NAMES, nodes_of, queries_of, run_cli, running, unique
from waiting import until


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


def test_no_client_sees_an_error(released, tmp_path, monkeypatch):
    mine = tmp_path / "bin"
    mine.mkdir()
    programs = [file for file in (released / "bin").iterdir()
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
