"""Redis under three Sentinels: a primary and two replicas, each with its writes on disk before it answers."""
import os
import signal
import subprocess
from pathlib import Path

import redis
from redis.sentinel import Sentinel as Finder

from instance import free_port
from peers.redis import PROGRAM
from started import Started, end, wait_until

NAME = "bench"
DEFAULT = {"down-after-milliseconds": 30000, "failover-timeout": 180000}  # of the file that comes with it
TUNED = {"down-after-milliseconds": 1000, "failover-timeout": 3000}
ANSWERS_WITHIN_S = 1
WHOLE_WITHIN_S = 60
ENDS_WITHIN_S = 10


class Writer:
    def __init__(self, sentinels: list):
        self._finder = Finder([("127.0.0.1", port) for port in sentinels], socket_timeout=ANSWERS_WITHIN_S)
        self._primary = self._finder.master_for(NAME, socket_timeout=ANSWERS_WITHIN_S)

    def primary_port(self) -> int:
        return self._finder.discover_master(NAME)[1]

    def write(self, text: str):
        """SET, and WAIT until one replica has it on disk."""
        try:
            self._primary.set(text, "1")
            if self._primary.execute_command("WAIT", 1, 1000 * ANSWERS_WITHIN_S) < 1:
                raise ConnectionError("no replica took it")
        except redis.RedisError as failed:
            raise ConnectionError(str(failed)) from failed


class Sentinel(Started):
    def __init__(self, folder: Path, tuned: bool = False):
        self._folder = folder
        self._timing = TUNED if tuned else DEFAULT
        self._running, self._nodes = [], {}
        self.writer = None

    def _start(self):
        self._folder.mkdir()
        nodes, sentinels = ([free_port() for _ in range(3)] for _ in range(2))
        for number, port in enumerate(nodes):
            more = ["--replicaof", "127.0.0.1", str(nodes[0])] if number else []
            self._nodes[port] = self._run(f"redis-{number}", "--port", str(port), "--appendonly", "yes", "--appendfsync",
                                          "always", "--save", "", *more)
        self._wait("the replicas do not follow", lambda: self._info(nodes[0], "replication")["connected_slaves"] == 2)
        for number, port in enumerate(sentinels):
            settings = self._folder / f"sentinel-{number}.conf"
            settings.write_text("".join([f"port {port}\n", f"sentinel monitor {NAME} 127.0.0.1 {nodes[0]} 2\n",
                                         *(f"sentinel {name} {NAME} {value}\n" for name, value in self._timing.items())]))
            self._run(f"sentinel-{number}", str(settings), "--sentinel")
        for port in sentinels:
            self._wait("the sentinels do not know each other", lambda port=port: self._is_whole(port))
        self.writer = Writer(sentinels)

    def _end(self):
        for process in reversed(self._running):
            end(process, ENDS_WITHIN_S)

    def kill_primary(self):
        os.kill(self._nodes[self.writer.primary_port()].pid, signal.SIGKILL)

    def _run(self, name: str, *arguments: str) -> subprocess.Popen:
        folder = self._folder / name
        folder.mkdir()
        first = [arguments[0]] if arguments[0].endswith(".conf") else []
        with open(self._folder / f"{name}.log", "w") as log:
            self._running.append(subprocess.Popen(
                [PROGRAM, *first, "--bind", "127.0.0.1", "--dir", folder, *arguments[len(first):]], stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT))
        return self._running[-1]

    @staticmethod
    def _info(port: int, section: str) -> dict:
        with redis.Redis("127.0.0.1", port, socket_timeout=2) as asked:
            return asked.info(section)

    def _is_whole(self, port: int) -> bool:
        seen = self._info(port, "sentinel")["master0"]
        return (seen["status"], seen["slaves"], seen["sentinels"]) == ("ok", 2, 3)

    def _wait(self, otherwise: str, holds):
        wait_until(holds, WHOLE_WITHIN_S, f"{otherwise}; see {self._folder}")
