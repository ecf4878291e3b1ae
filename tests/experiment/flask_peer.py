"""The Flask service of bench/peers/flask for a test: started, ended, and looked after whether all of it ended."""
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest
import requests

import processes
from sportapp import ROOT, free_port
from waiting import until

RUN = ROOT / "bench/peers/flask/run"


def needs(kind: str, *programs: str):
    """Skips, loudly, where the programs of a kind of tools/packages.txt are not installed."""
    missing = [program for program in programs if not Path(program).exists()]
    if missing:
        pytest.skip(f"NOT TESTED: {', '.join(missing)} not installed (kind {kind} in tools/packages.txt); "
                    "./sportapp test as root installs it")


class FlaskPeer:
    def __init__(self, data: Path, port: int = 0):
        needs("peers", "/usr/bin/gunicorn", "/usr/bin/rq", "/usr/bin/redis-server", "/usr/sbin/nginx")
        self.data = data
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.said = data.parent / f"{data.name}.said"
        with self.said.open("wb") as out:
            self.process = subprocess.Popen([str(RUN), "--port", str(self.port), "--data", str(data)],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        self._seen = {}

    def wait_until_it_serves(self):
        def listening():
            assert self.process.poll() is None, "it ended"
            return "listening on" in self.said.read_text()
        until(f"the service says that it listens; it said: {self.said}", listening, within_s=120)
        self.note_processes()

    def note_processes(self):
        self._seen.update({(seen.pid, seen.start): seen for seen in processes.family(self.process.pid)})

    def left_behind(self) -> list:
        return processes.still_alive(self._seen.values(), within_s=20)

    def stop(self) -> int:
        """Its status after SIGTERM."""
        if self.process.poll() is None:
            self.note_processes()
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def finish(self):
        status, left = self.stop(), self.left_behind()
        for seen in left:  # our own: nothing may disturb the next test
            with contextlib.suppress(ProcessLookupError):
                os.kill(seen.pid, signal.SIGKILL)
        assert not left, f"left behind: {left}\n{self.said.read_text()}"
        assert status == 0, f"it ended with {status}: {self.said.read_text()}"

    def log(self, name: str) -> str:
        return (self.data / "logs" / f"{name}.log").read_text(errors="replace")

    def post(self, path: str, body, method: str = "POST") -> requests.Response:
        data = body if isinstance(body, str) else json.dumps(body)
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.url + path, data=data, headers={"Content-Type": "application/json"},
                                   timeout=30)

    def register(self, username: str) -> requests.Response:
        return self.post("/api-commands/users", {"username": username})

    def get(self, path: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(self.url + path, timeout=30)

    def usernames(self) -> list:
        """What is on the disk of users-commands, one at a time as registered."""
        with contextlib.closing(sqlite3.connect(f"file:{self.data}/users-commands.db?mode=ro", uri=True)) as db:
            return [username for username, in db.execute("SELECT username FROM users ORDER BY id")]


@contextlib.contextmanager
def running(data: Path):
    peer = FlaskPeer(data)
    try:
        peer.wait_until_it_serves()
        yield peer
    finally:
        peer.finish()
