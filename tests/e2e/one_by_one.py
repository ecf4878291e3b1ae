"""An instance whose processes are run one by one, each with `sportapp run`, as containers and service managers do it."""
import contextlib
import os
import signal
import subprocess
from pathlib import Path

import requests

import processes
from sportapp import bin_dir, free_port, run_cli
from waiting import until

# Ports below those that `up` takes (20000 to 29999) and those that the system gives out.
FIRST_PORT = 17000


class OneByOne:
    def __init__(self, folder: Path, settings: str = "", first_port: int = FIRST_PORT, network: str = ""):
        self.data = Path(folder) / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = Path(folder) / "sportapp.toml"
        self.config.write_text(f"[gateway]\nport = {self.port}\nfirst_try_ms = 500\ncommands_timeout_ms = 5000\n"
                               f"queries_timeout_ms = 2000\n{settings}\n[network]\nfirst_port = {first_port}\n{network}")
        self.log = Path(folder) / "logs"
        self.log.mkdir()
        self.supervisors = {}

    def cli(self, command: str, *arguments):
        return run_cli(command, *arguments, "--config", self.config, "--data", self.data)

    def names(self) -> list:
        return self.cli("run", "--list").stdout.split()

    def start(self, name: str):
        with open(self.log / f"{name}.log", "ab") as log:
            self.supervisors[name] = subprocess.Popen(
                [str(bin_dir() / "sportapp"), "run", name, "--config", str(self.config), "--data", str(self.data)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start_all(self):
        for name in self.names():
            self.start(name)
        until("everything serves", self.is_healthy, 60)

    def is_healthy(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(self.url + "/health", timeout=2).status_code == 200
        return False

    def child(self, name: str) -> int:
        """The process itself, 0 while there is none."""
        children = [seen for seen in processes.everything() if seen.parent == self.supervisors[name].pid]
        return children[0].pid if children else 0

    def register(self, name: str) -> requests.Response:
        return requests.post(self.url + "/api-commands/users", json={"username": name}, timeout=40)

    def read(self, user: int, position: str) -> requests.Response:
        return requests.get(f"{self.url}/api-queries/users/{user}", headers={"Sportapp-Position": position}, timeout=40)

    def logs(self, name: str = "*") -> str:
        return "\n".join(f"--- {file.name}\n{file.read_text()[-3000:]}" for file in self.log.glob(f"{name}.log"))

    def stop_all(self):
        for supervisor in self.supervisors.values():
            supervisor.send_signal(signal.SIGCONT)
            supervisor.send_signal(signal.SIGTERM)
        for name, supervisor in self.supervisors.items():
            assert supervisor.wait(timeout=30) == 0, self.logs(name)

    def kill_all(self):
        for supervisor in self.supervisors.values():
            if supervisor.poll() is None:
                for seen in processes.family(supervisor.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(seen.pid, signal.SIGKILL)
                supervisor.wait()
