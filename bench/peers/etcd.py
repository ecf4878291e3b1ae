"""etcd of three, each with its log on this disk: one put a request, by its HTTP gateway."""
import subprocess
import urllib.request
from pathlib import Path

import load
from instance import free_port
from started import Started, end, wait_until

PROGRAM = Path("/usr/bin/etcd")
NAMES = ("one", "two", "three")
HEALTHY_WITHIN_S = 30
ENDS_WITHIN_S = 10


class Etcd(Started):
    def __init__(self, folder: Path):
        self._folder = folder
        self._running = []

    def _start(self):
        self._folder.mkdir()
        clients, peers = ([f"http://127.0.0.1:{free_port()}" for _ in NAMES] for _ in range(2))
        members = ",".join(f"{name}={peer}" for name, peer in zip(NAMES, peers))
        self.url = clients[0]
        for name, client, peer in zip(NAMES, clients, peers):
            with open(self._folder / f"{name}.log", "w") as log:
                self._running.append(subprocess.Popen(
                    [PROGRAM, "--name", name, "--data-dir", self._folder / name, "--listen-client-urls", client,
                     "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                     "--initial-cluster", members, "--initial-cluster-state", "new"],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT))
        for client in clients:
            self._wait_healthy(client)

    def _end(self):
        for process in self._running:
            end(process, ENDS_WITHIN_S)

    def _wait_healthy(self, url: str):
        def healthy() -> bool:
            with urllib.request.urlopen(url + "/health", timeout=2) as answer:
                return b'"true"' in answer.read()

        wait_until(healthy, HEALTHY_WITHIN_S, f"etcd at {url} does not become healthy; see {self._folder}")

    def measure(self, connections: int, seconds: int) -> dict:
        return load.wrk("etcd", self.url, connections, seconds)
