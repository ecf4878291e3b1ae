"""An instance in containers: docker-compose.yml of the root, under a project name and a port of its own."""
import json
import subprocess

import requests
import yaml
from docker_daemon import CLIENT, DockerDaemon
from sportapp import ROOT, free_port
from waiting import until

PROJECT = "sportapptest"
LABEL = "com.docker.compose"
FILE = ROOT / "docker-compose.yml"
# The processes, which have a container each.
NAMES = [name for name in yaml.safe_load(FILE.read_text())["services"] if name not in ("key", "tools")]


class Stack:
    def __init__(self, daemon: DockerDaemon, port: int = 0):
        self.daemon = daemon
        self.docker = daemon.docker
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict:
        """By which also the faults of an experiment, which are commands, find it."""
        return {**self.daemon.environment, "SPORTAPP_PORT": str(self.port)}

    def compose(self, *arguments, within_s: float = 300.0, status: int = 0) -> str:
        """What `docker-compose ARGUMENTS` prints; its exit status must be as given."""
        done = subprocess.run(["docker-compose", "--file", str(FILE), "--project-name", PROJECT, *map(str, arguments)],
                              env=self.environment, check=False, timeout=within_s, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out = done.stdout.decode(errors="replace")
        assert done.returncode == status, f"docker-compose {' '.join(map(str, arguments))}: {done.returncode}\n" \
                                          f"{out}{done.stderr.decode(errors='replace')}{self.logs()}"
        return out

    def up(self):
        self.compose("up", "--detach", "--no-build")
        self.wait_healthy()

    def logs(self) -> str:
        """The end of what every container said."""
        texts = []
        for name in self.docker("ps", "--all", "--format", "{{.Names}}", "--filter", f"name={PROJECT}").split():
            done = subprocess.run([CLIENT, "logs", "--tail", "8", name], env=self.environment, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            texts.append(f"--- {name}\n{done.stdout.decode(errors='replace')}")
        return "".join(texts)

    def container(self, name: str) -> str:
        """The id of the container of a process."""
        found = self.docker("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={LABEL}.project={PROJECT}",
                            "--filter", f"label={LABEL}.service={name}").split()
        assert len(found) == 1, f"{len(found)} containers of {name}"
        return found[0]

    def inspect(self, name: str) -> dict:
        return json.loads(self.docker("inspect", self.container(name)))[0]

    def inspect_all(self) -> dict:
        """process -> what Docker knows of its container."""
        ids = self.docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}.project={PROJECT}").split()
        told = {one["Config"]["Labels"][f"{LABEL}.service"]: one for one in json.loads(self.docker("inspect", *ids))}
        return {name: told[name] for name in NAMES}

    def inside(self, name: str, *command, **options) -> str:
        """What a command prints in the container of a process."""
        return self.docker("exec", self.container(name), *command, **options)

    def told(self) -> dict:
        """What `sportapp status --json` tells in the monitor's container."""
        return json.loads(self.inside("monitor", "sportapp", "status", "--json"))

    def status(self) -> dict:
        """name -> entry of that."""
        listed = self.told()["processes"]
        return {entry["name"]: entry for entry in listed if entry["name"] != "supervisor"}

    def primary_of(self, service: str) -> str:
        return until(f"{service} has a primary", lambda: next(
            (name for name, entry in self.status().items()
             if (entry["service"], entry["side"], entry["role"]) == (service, "commands", "primary")), None))

    def healthy(self) -> bool:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{self.url}/health", timeout=5).status_code == 200

    def wait_healthy(self, within_s: float = 90.0):
        try:
            until("/health is 200", self.healthy, within_s, every_s=0.2)
        except AssertionError as failed:
            raise AssertionError(f"{failed}\n{self.logs()}") from None

    def wait_redundant(self, within_s: float = 60.0):
        """Until no process is away, and every spare is in sync."""
        def redundant():
            missing = {name: entry["state"] for name, entry in self.status().items()
                       if entry["state"] not in ("running", "in-sync")}
            assert not missing, missing
            return self.healthy()
        until("every spare is in sync", redundant, within_s, every_s=0.2)

    def down(self):
        """Takes all of it away, data too."""
        label = f"label={LABEL}.project={PROJECT}"
        kinds = ["ps --all", "volume ls", "network ls"]
        try:
            self.compose("--profile", "tools", "down", "--volumes", "--remove-orphans", "--timeout", "15")
        except AssertionError as failed:
            # After many restarts Docker 20.10 may count a container that is gone to a network, until it is restarted itself;
            # docker-compose then gives up before the volumes.
            if "has active endpoints" not in str(failed):
                raise
            self.docker("volume", "rm", *self.docker("volume", "ls", "--quiet", "--filter", label).split())
            kinds.remove("network ls")
        for kind in kinds:
            assert not self.docker(*kind.split(), "--quiet", "--filter", label), f"{kind}: something is left"
