"""PostgreSQL under Patroni: two nodes, synchronous, and an etcd of three."""
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from instance import free_port
from peers.etcd import Etcd
from peers.pg_client import Writer
from peers.postgres import BIN, TABLE, USER, as_user, postmaster_of
from started import Started, end, wait_until

PROGRAM = "/usr/bin/patroni"
# The least that its manual allows.
TUNED = {"ttl": 20, "loop_wait": 1, "retry_timeout": 3}
WHOLE_WITHIN_S = 120
ENDS_WITHIN_S = 30


class Patroni(Started):
    def __init__(self, folder: Path, tuned: bool = False):
        self._folder = folder
        self._tuned = tuned
        self._etcd = Etcd(folder / "etcd")
        self._nodes = {}
        self.writer = None

    def _start(self):
        self._folder.mkdir(mode=0o755)
        if os.getuid() == 0:
            shutil.chown(self._folder, USER)
        self._etcd.__enter__()
        ports = {name: free_port() for name in ("one", "two")}
        self.writer = Writer(list(ports.values()), USER)
        for name, port in ports.items():
            self._start_node(name, port)
            self._wait("the first node does not lead", lambda: self.writer.run("SELECT 1"))
        self.writer.run(TABLE)
        self._wait("the second node does not follow",
                   lambda: self.writer.run("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"))

    def _end(self):
        if self.writer:
            self.writer.close()
        for process in self._nodes.values():
            end(process, ENDS_WITHIN_S)
        self._etcd.__exit__()

    def kill_primary(self):
        """The whole node: the agent, and the server that it runs."""
        (data,), = self.writer.run("SELECT current_setting('data_directory')")
        os.kill(self._nodes[Path(data).name].pid, signal.SIGKILL)
        os.kill(postmaster_of(Path(data)), signal.SIGKILL)

    def _start_node(self, name: str, port: int):
        data = self._folder / name
        data.mkdir(mode=0o700)
        if os.getuid() == 0:
            shutil.chown(data, USER)
        settings = self._folder / f"{name}.yml"  # JSON is YAML
        settings.write_text(json.dumps(self._settings(name, data, port)))
        with open(self._folder / f"{name}.log", "w") as log:
            self._nodes[name] = subprocess.Popen([*as_user(), PROGRAM, settings], cwd="/", stdin=subprocess.DEVNULL, stdout=log,
                                                 stderr=subprocess.STDOUT)

    def _settings(self, name: str, data: Path, port: int) -> dict:
        api = f"127.0.0.1:{free_port()}"
        shared = {"synchronous_mode": True, "postgresql": {"parameters": {"max_connections": 100}}}
        return {"scope": "bench", "name": name, "restapi": {"listen": api, "connect_address": api},
                "etcd3": {"host": self._etcd.url.removeprefix("http://")},
                "bootstrap": {"dcs": shared | (TUNED if self._tuned else {}), "initdb": [{"auth": "trust"}]},
                "postgresql": {"listen": f"127.0.0.1:{port}", "connect_address": f"127.0.0.1:{port}", "data_dir": str(data),
                               "bin_dir": str(BIN), "pgpass": str(data) + ".pgpass",
                               "parameters": {"unix_socket_directories": str(data)},
                               "pg_hba": ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"],
                               "authentication": {"superuser": {"username": USER, "password": "bench"},
                                                  "replication": {"username": "replicator", "password": "bench"}}}}

    def _wait(self, otherwise: str, holds):
        wait_until(holds, WHOLE_WITHIN_S, f"{otherwise}; see {self._folder}")
