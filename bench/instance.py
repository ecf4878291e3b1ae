"""A running SportApp of the benchmark's own, gone at the end whatever happens."""
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import load
from started import Started

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests" / "e2e"))  # last: only what no file here is called
from instance_key import credential  # noqa: E402
PROGRAM = ROOT / "build" / "release" / "bin" / "sportapp"
PROJECTED_WITHIN_S = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url: str, within_s: float = 10.0, headers=None):
    asked = urllib.request.Request(url, headers=headers or {})
    with urllib.request.urlopen(asked, timeout=within_s) as answer:
        return answer.headers, answer.read()


def children_of(pid: int) -> list:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


class Instance(Started):
    def __init__(self, data: Path, settings: str = "", program: Path = PROGRAM):
        """`settings` is the text of its sportapp.toml."""
        self._program = program
        self.data = data
        if settings:
            data.mkdir(parents=True)
            (data / "sportapp.toml").write_text(settings)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._names = 0

    def _start(self):
        self._cli("up", "--detach", "--port", str(self.port), within_s=120)
        self._wait_healthy()

    def _end(self):
        """`down`; where that fails, the supervisor's end is its children's end."""
        pid = self._supervisor_pid()
        try:
            self._cli("down", within_s=60)
        except (RuntimeError, subprocess.TimeoutExpired) as failed:
            print(f"sportapp bench: {failed}", file=sys.stderr)
            if pid:
                os.kill(pid, signal.SIGKILL)

    def _supervisor_pid(self):
        try:
            return json.loads((self.data / "run" / "instance.json").read_text())["supervisor"]["pid"]
        except (OSError, ValueError, KeyError):
            return None

    def _cli(self, command: str, *arguments: str, within_s: float, stderr=subprocess.STDOUT) -> str:
        with open(self.data.parent / "cli.log", "w+") as log:  # a pipe would be held open by what stays running
            done = subprocess.run([self._program, command, "--data", self.data, *arguments], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=stderr, timeout=within_s)
            log.seek(0)
            said = log.read()
        if done.returncode != 0:
            raise RuntimeError(f"sportapp {command} failed: {said.strip()[-800:]}")
        return said

    def _wait_healthy(self):
        until = time.monotonic() + 30
        while True:
            try:
                get(self.url + "/health")
                return
            except OSError as failed:
                if time.monotonic() > until:
                    raise RuntimeError(f"{self.url}/health does not become good: {failed}") from failed
                time.sleep(0.1)

    def cli(self, command: str, *arguments: str) -> str:
        return self._cli(command, *arguments, within_s=120)

    def processes(self) -> list:
        return json.loads(self._cli("status", "--json", within_s=30))["processes"]

    def queries(self) -> list:
        return [process["name"] for process in self.processes()
                if process["service"] == "users" and process["side"] == "queries"]

    def key_header(self) -> dict:
        """What the processes show each other."""
        return {"Sportapp-Key": credential(self.data / "config" / "cluster.key")}

    def metrics(self, name: str) -> dict:
        port = next(process["port"] for process in self.processes() if process["name"] == name)
        return load.parse_metrics(get(f"http://127.0.0.1:{port}/metrics", headers=self.key_header())[1].decode())

    def last_user(self) -> int:
        return int(self.metrics("users-commands-a")["sportapp_journal_position"])

    def wait_projected(self) -> int:
        """Until both read models have all that was registered; gives the last id."""
        last = self.last_user()
        until = time.monotonic() + PROJECTED_WITHIN_S
        for name in self.queries():
            port = next(process["port"] for process in self.processes() if process["name"] == name)
            while True:
                try:
                    get(f"http://127.0.0.1:{port}/api-queries/users/{last}")
                    break
                except OSError as failed:
                    if time.monotonic() > until:
                        raise RuntimeError(f"{name} does not show user {last}: {failed}") from failed
                    time.sleep(0.1)
        return last

    def register(self, count: int, rate: int = 0) -> str:
        """New users through `sportapp import`; gives its summary."""
        self._names += 1
        file = self.data.parent / f"users-{self._names}.jsonl"
        with open(file, "w") as out:
            for number in range(count):
                # Knuth's multiplication spreads the names over the alphabet, each one once.
                out.write('{"username":"%08x-%d-%d"}\n' % (number * 2654435761 % 2**32, self._names, number))
        arguments = ["--rate", str(rate)] if rate else []
        said = self._cli("import", *arguments, str(file), within_s=120 + count / 1000, stderr=None)
        file.unlink()
        return said.strip().splitlines()[-1]

    def family(self) -> list:
        """{name, pid} of every process; what one has as children (NGINX its workers) behind it."""
        processes = self.processes()
        listed = {process["pid"] for process in processes}
        found = []
        for process in processes:
            workers = [pid for pid in children_of(process["pid"]) if pid not in listed]
            found.append({"name": process["name"], "pid": process["pid"]})
            found += [{"name": process["name"] + " worker", "pid": pid} for pid in workers]
        return found

    def memory(self) -> list:
        """Resident KiB of every process."""
        return [one | {"resident_kib": resident_kib(one["pid"])} for one in self.family()]
