"""PostgreSQL under pg_auto_failover: a monitor and two nodes, synchronous."""
import os
import shutil
import signal
import subprocess
from pathlib import Path

from instance import free_port
from peers.pg_client import Writer
from peers.postgres import BIN, TABLE, USER, as_user, postmaster_of
from started import Started, end, wait_until

PROGRAM = "/usr/bin/pg_autoctl"
DATABASE = "bench"
# What its manual names for a failover that comes sooner.
TUNED = ("health_check_period = '1s'", "health_check_timeout = '1s'", "health_check_max_retries = 0",
         "health_check_retry_delay = '1s'", "node_considered_unhealthy_timeout = '2s'", "primary_demote_timeout = '1s'")
WHOLE_WITHIN_S = 120
ENDS_WITHIN_S = 30


class AutoFailover(Started):
    def __init__(self, folder: Path, tuned: bool = False):
        self._folder = folder
        self._tuned = tuned
        self._running = {}
        self.writer = None

    def _start(self):
        self._folder.mkdir(mode=0o755)
        if os.getuid() == 0:
            shutil.chown(self._folder, USER)
        monitor = free_port()
        self._run("monitor", monitor, "monitor")
        watched = Writer([monitor], "pg_auto_failover")
        self._wait("the monitor does not start", lambda: watched.run("SELECT 1"))
        if self._tuned:
            with open(self._folder / "monitor" / "postgresql.conf", "a") as settings:
                settings.writelines(f"pgautofailover.{one}\n" for one in TUNED)
            watched.run("SELECT pg_reload_conf()")
        ports = {name: free_port() for name in ("one", "two")}
        for name, port in ports.items():
            self._run(name, port, "postgres", "--name", name, "--dbname", DATABASE, "--username", USER, "--monitor",
                      f"postgres://autoctl_node@127.0.0.1:{monitor}/pg_auto_failover?sslmode=disable")
            self._wait("a node does not come up", lambda port=port: Writer([port], DATABASE, "any").run("SELECT 1"))
        self.writer = Writer(list(ports.values()), DATABASE)
        self._wait("the second node does not follow", lambda: watched.run(
            "SELECT 1 FROM pgautofailover.node WHERE reportedstate = 'secondary' AND goalstate = 'secondary'"))
        self.writer.run(TABLE)

    def _end(self):
        if self.writer:
            self.writer.close()
        for process in reversed(self._running.values()):
            end(process, ENDS_WITHIN_S)

    def kill_primary(self):
        """The whole node: the agent, and the server that it runs."""
        (data,), = self.writer.run("SELECT current_setting('data_directory')")
        agent = self._running[Path(data).name]
        os.killpg(agent.pid, signal.SIGKILL)
        os.kill(postmaster_of(Path(data)), signal.SIGKILL)

    def _run(self, name: str, port: int, kind: str, *more: str):
        own = {"HOME": self._folder, "XDG_CONFIG_HOME": self._folder / "config", "XDG_DATA_HOME": self._folder / "data",
               "XDG_RUNTIME_DIR": self._folder / "run", "PATH": f"{BIN}:/usr/bin:/bin"}
        with open(self._folder / f"{name}.log", "w") as log:
            self._running[name] = subprocess.Popen(
                [*as_user(), PROGRAM, "create", kind, "--pgdata", self._folder / name, "--pgport", str(port), "--hostname",
                 "127.0.0.1", "--auth", "trust", "--no-ssl", *more, "--run"], cwd="/", env=own,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def _wait(self, otherwise: str, holds):
        wait_until(holds, WHOLE_WITHIN_S, f"{otherwise}; see {self._folder}")
