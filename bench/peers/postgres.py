"""PostgreSQL with one synchronous standby, and pgbench: one INSERT a transaction, no gateway in front."""
import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

from started import Started, wait_until

BIN = Path("/usr/lib/postgresql/15/bin")
USER = "postgres"  # PostgreSQL refuses to run as root
TABLE = "CREATE TABLE users (id bigserial PRIMARY KEY, username text NOT NULL UNIQUE)"
INSERT = "INSERT INTO users (username) VALUES (md5(random()::text || clock_timestamp()::text));\n"
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
port = {port}
max_connections = 300
"""
IN_SYNC_WITHIN_S = 30


def as_user() -> list:
    """What a command begins with, so that PostgreSQL runs it."""
    if os.getuid() != 0:
        return []
    user = pwd.getpwnam(USER)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"]


def postmaster_of(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split("\n", 1)[0])


class Postgres(Started):
    def __init__(self, folder: Path):
        self._folder = folder
        self._started = []

    def _start(self):
        self._folder.mkdir(mode=0o755)
        if os.getuid() == 0:
            shutil.chown(self._folder, USER)
        (self._folder / "insert.sql").write_text(INSERT)
        self._run("initdb", "-D", self._folder / "primary", "-U", USER, "--auth=trust")
        self._start_node("primary", 5432)
        self._sql(TABLE)
        self._run("pg_basebackup", "-h", self._folder, "-p", "5432", "-U", USER, "-D", self._folder / "standby", "-R",
                  "-X", "stream", "-c", "fast")
        self._start_node("standby", 5433)
        self._sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self._sql("SELECT pg_reload_conf()")
        self._wait_in_sync()

    def _end(self):
        for name in reversed(self._started):
            self._run("pg_ctl", "-D", self._folder / name, "-m", "immediate", "stop")
        self._started = []

    def _run(self, program: str, *arguments) -> str:
        with open(self._folder / "said.log", "w+") as said:  # a pipe would be held open by what stays running
            done = subprocess.run([*as_user(), BIN / program, *arguments], cwd="/", stdin=subprocess.DEVNULL, stdout=said,
                                  stderr=subprocess.STDOUT, timeout=600)
            said.seek(0)
            text = said.read()
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {text.strip()[-800:]}")
        return text

    def _start_node(self, name: str, port: int):
        with open(self._folder / name / "postgresql.conf", "a") as settings:
            settings.write(SETTINGS.format(folder=self._folder, port=port))
        self._started.append(name)
        self._run("pg_ctl", "-D", self._folder / name, "-l", self._folder / name / "log", "-w", "start")

    def _sql(self, text: str) -> str:
        return self._run("psql", "-h", self._folder, "-p", "5432", "-U", USER, "-At", "-c", text).strip()

    def _wait_in_sync(self):
        wait_until(lambda: self._sql("SELECT sync_state FROM pg_stat_replication") == "sync", IN_SYNC_WITHIN_S,
                   "the standby is not synchronous")

    def measure(self, connections: int, seconds: int) -> dict:
        logs = self._folder / f"pgbench-{connections}-{time.monotonic_ns()}"
        self._run("pgbench", "-h", self._folder, "-p", "5432", "-U", USER, "-n", "-M", "prepared",
                  "-f", self._folder / "insert.sql", "-c", str(connections), "-j", str(min(2, connections)), "-T", str(seconds),
                  "-l", "--log-prefix", logs, USER)
        took_us = sorted(int(line.split()[2]) for file in self._folder.glob(f"{logs.name}.*")
                         for line in file.read_text().splitlines())
        if not took_us:
            raise RuntimeError("pgbench logged no transaction")

        def quantile_ms(part: float) -> float:
            return took_us[min(len(took_us) - 1, int(part * len(took_us)))] / 1000

        return {"connections": connections, "requests": len(took_us), "seconds": seconds, "per_s": len(took_us) / seconds,
                "p50_ms": quantile_ms(0.5), "p99_ms": quantile_ms(0.99), "p999_ms": quantile_ms(0.999),
                "max_ms": took_us[-1] / 1000, "not_2xx": 0, "socket_errors": 0, "timeouts": 0}
