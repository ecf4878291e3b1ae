"""Redis with a replica, both with each write on disk before it is answered; a request is SET and WAIT 1."""
import json
import subprocess
from pathlib import Path

from instance import ROOT, free_port
from started import Started, end, wait_until

PROGRAM = "/usr/bin/redis-server"
LOAD = ROOT / "build" / "release" / "bin" / "redis_wait"
CLI = "/usr/bin/redis-cli"
LINKED_WITHIN_S = 30
ENDS_WITHIN_S = 10


class Redis(Started):
    def __init__(self, folder: Path):
        self._folder = folder
        self._running = []

    def _start(self):
        self._folder.mkdir()
        self._port = free_port()
        replica = free_port()
        self._start_node("primary", self._port)
        self._start_node("replica", replica, "--replicaof", "127.0.0.1", str(self._port))
        self._wait_linked(replica)

    def _end(self):
        for process in self._running:
            end(process, ENDS_WITHIN_S)

    def _start_node(self, name: str, port: int, *more: str):
        folder = self._folder / name
        folder.mkdir()
        with open(self._folder / f"{name}.log", "w") as log:
            self._running.append(subprocess.Popen(
                [PROGRAM, "--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--appendonly", "yes",
                 "--appendfsync", "always", "--save", "", *more],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT))

    def _wait_linked(self, port: int):
        wait_until(lambda: "master_link_status:up" in self._ask(port, "info", "replication"), LINKED_WITHIN_S,
                   f"the replica does not follow; see {self._folder}")

    @staticmethod
    def _ask(port: int, *command: str) -> str:
        return subprocess.run([CLI, "-p", str(port), *command], capture_output=True, text=True, timeout=10).stdout

    def measure(self, connections: int, seconds: int) -> dict:
        done = subprocess.run([LOAD, str(self._port), str(connections), str(seconds)], capture_output=True,
                              text=True, timeout=seconds + 60)
        if done.returncode != 0:
            raise RuntimeError(f"redis_wait failed: {done.stderr.strip()}")
        run = json.loads(done.stdout)
        return run | {"connections": connections, "per_s": (run["requests"] - run["not_2xx"]) / run["seconds"]}
