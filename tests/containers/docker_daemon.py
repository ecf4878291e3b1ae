"""A Docker daemon of the tests' own: its data, its socket and its mounts end with it, and no registry is reached.

SPORTAPP_DOCKER_HOST names one that runs already instead, as unix:///run/docker.sock."""
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

import processes
from sportapp import ROOT
from waiting import until

NEEDED = ("dockerd", "docker-compose", "mmdebstrap", "iptables", "ip", "unshare")
# Debian's own before a newer one that some machines have beside it: the file must work with that.
CLIENT = next((str(path) for path in (Path("/usr/bin/docker"), shutil.which("docker")) if path and Path(path).exists()), None)
# A mount namespace ends with its last process, and with it what is mounted in it. Where this machine has no control
# groups mounted, the daemon's namespace gets those of version 1, one folder a controller.
START = """set -e
mount --make-rprivate /
if [ ! -s /sys/fs/cgroup/cgroup.controllers ] && [ ! -d /sys/fs/cgroup/memory ]; then
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
  for controller in $(awk '!/^#/ && $4 == 1 { print $1 }' /proc/cgroups); do
    mkdir "/sys/fs/cgroup/$controller"
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" || rmdir "/sys/fs/cgroup/$controller"
  done
  mkdir /sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
fi
exec dockerd "$@"
"""
# What iptables-save says of a table of which nobody made use: nothing.
NO_RULES = {table: f"*{table}\n" + "".join(f":{chain} ACCEPT\n" for chain in chains) + "COMMIT\n"
            for table, chains in {"filter": ("INPUT", "FORWARD", "OUTPUT"),
                                  "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")}.items()}
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
INTERFACES = Path("/sys/class/net")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
INSIDE = COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"]


def bridges() -> set:
    """Of this machine."""
    return {interface.name for interface in INTERFACES.iterdir() if (interface / "bridge").is_dir()}


def why_not() -> str:
    """Why no daemon can be started here; empty: it can."""
    if os.geteuid() != 0:
        return "a Docker daemon needs root"
    missing = [name for name in NEEDED if not shutil.which(name)] + ([] if CLIENT else ["docker"])
    if missing:
        return f"{', '.join(missing)} not installed (kinds docker and containers in tools/packages.txt); ./sportapp test as root installs it"
    here = os.readlink("/proc/self/ns/net")
    for seen in processes.everything():
        if Path(seen.command.split(" ")[0]).name == "dockerd" and os.readlink(f"/proc/{seen.pid}/ns/net") == here:
            return (f"a Docker daemon runs here (pid {seen.pid}), and a second one would take its firewall rules away; stop it, "
                    "or have the tests use it: SPORTAPP_DOCKER_HOST=unix:///run/docker.sock")
    return ""


def free_addresses():
    """Another way to the addresses of the containers would hide them from this machine. That of a bridge which a Docker
    daemon left behind goes: none runs here, and one that needs the bridge recreates it when it starts."""
    for left in bridges():
        if re.fullmatch("br-[0-9a-f]{12}", left) and not any((INTERFACES / left / "brif").iterdir()) and routes("dev", left):
            subprocess.run(["ip", "link", "delete", left], check=True)
    assert not routes(), f"the addresses of docker-compose.yml are taken on this machine: {routes()}"


def routes(*of: str) -> str:
    """Into the network of the containers."""
    return subprocess.run(["ip", "-4", "route", "show", "root", INSIDE, *of], check=True,
                          capture_output=True, text=True).stdout.strip()


class DockerDaemon:
    def __init__(self, folder: Path):
        self.folder = folder
        self.log = folder / "dockerd.log"
        self.host = os.environ.get("SPORTAPP_DOCKER_HOST", "")
        self.process = None
        self._rules = self._forwarding = None
        self._bridges = set()

    @property
    def environment(self) -> dict:
        """For every client: no settings of this machine's user count."""
        return {**os.environ, "DOCKER_HOST": self.host, "DOCKER_CONFIG": str(self.folder / "client"), "DOCKER_BUILDKIT": "1"}

    def start(self):
        if self.host:
            return
        if reason := why_not():
            pytest.skip(f"NOT TESTED: {reason}")
        free_addresses()
        saved = subprocess.run(["iptables-save"], check=False, capture_output=True)
        if saved.returncode != 0:
            pytest.skip(f"NOT TESTED: iptables does not work on this machine: {saved.stderr.decode(errors='replace')}")
        self._rules = saved.stdout.decode()
        self._forwarding = FORWARDING.read_text()
        self._bridges = bridges()
        self.host = f"unix://{self.folder}/docker.sock"
        # A registry would be asked by way of this proxy, and there is none.
        nowhere = {name: "http://127.0.0.1:9" for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", START, "dockerd", "--host", self.host,
                 "--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "run"),
                 "--pidfile", str(self.folder / "dockerd.pid"), "--bridge", "none",
                 "--default-address-pool", "base=10.98.128.0/17,size=24"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **nowhere}, start_new_session=True)
        try:
            until("the daemon answers", self._answers, 60, every_s=0.2)
        except AssertionError:
            said = self.log.read_text(errors="replace")[-2000:]
            self.stop()
            pytest.skip(f"NOT TESTED: dockerd does not come up on this machine; it said:\n{said}")

    def _answers(self) -> bool:
        return subprocess.run([CLIENT, "info"], env=self.environment, check=False, capture_output=True).returncode == 0

    def docker(self, *arguments, within_s: float = 120.0, **options) -> str:
        """What `docker ARGUMENTS` prints; it must succeed."""
        done = subprocess.run([CLIENT, *map(str, arguments)], env=self.environment, check=False, timeout=within_s,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        said = done.stdout.decode(errors="replace")
        assert done.returncode == 0, f"docker {' '.join(map(str, arguments))}: {said}{done.stderr.decode(errors='replace')}"
        return said.strip()

    def stop(self):
        """Ends it, its containers and its child containerd; the machine is then as it was."""
        if self.process is None:
            return
        members = processes.family(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for seen in processes.still_alive(members + processes.naming(str(self.folder)), 10):
            os.kill(seen.pid, signal.SIGKILL)
        missing = [rules for table, rules in NO_RULES.items() if f"*{table}\n" not in self._rules]
        subprocess.run(["iptables-restore"], input="".join([self._rules, *missing]).encode(), check=True)
        FORWARDING.write_text(self._forwarding)
        # Of networks that it could not take away; their routes would hide those of the next.
        for left in bridges() - self._bridges:
            subprocess.run(["ip", "link", "delete", left], check=True)
        shutil.rmtree(self.folder / "data", ignore_errors=True)
