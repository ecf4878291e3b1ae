"""A Debian of the test's own with systemd as its process 1, in name spaces of this machine: no container engine.

Its files lie below a folder of the test, and everything of it ends with its process 1."""
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from commands import needed, run
from sportapp import ROOT
from waiting import until

CACHE = ROOT / "build" / "package"
CACHE_S = 7 * 24 * 3600  # the packages in it get older
MAKING_S = 1500
TOOLS = ("systemd", "systemd-sysv", "dbus", "curl", "procps")
# Process 1 gets a control group of its own in every hierarchy, and sees no other; where this machine has none mounted, those
# of version 1 are, for it alone. What it made of them goes after it.
GROUPS = """set -e
mount --make-rprivate /
if ! grep -q '^cgroup' /proc/mounts; then
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
  for controller in $(awk '!/^#/ && $4 == 1 { print $1 }' /proc/cgroups) name=systemd; do
    folder=/sys/fs/cgroup/${controller#name=}
    mkdir "$folder"
    mount -t cgroup -o "$(echo "$controller" | sed 's/^name=/none,&/')" cgroup "$folder" || rmdir "$folder"
  done
fi
groups=$(awk -v name="$NAME" '$3 ~ /^cgroup2?$/ { print $2 "/" name }' /proc/mounts)
for group in $groups; do
  mkdir "$group"
  [ ! -e "$group/cpuset.cpus" ] || for file in cpus mems; do cat "$group/../cpuset.$file" >"$group/cpuset.$file"; done
  echo $$ >"$group/cgroup.procs"
done
unshare --pid --uts --ipc --net --cgroup --mount --fork --kill-child sh -c "$BOOT" || true
for group in $groups; do
  echo $$ >"$group/../cgroup.procs"
  find "$group" -depth -type d -exec rmdir {} ';'
done
"""
# In the new name spaces, before systemd: what a machine has from its kernel.
BOOT = """set -e
cd "$ROOT"
mount --bind . .
cd "$ROOT"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 dev dev
for node in null zero full random urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s ../proc/self/fd dev/fd
mount -t tmpfs run run
mount -t tmpfs -o mode=1777 tmp tmp
mkdir -p old
pivot_root . old
exec sh -c 'umount -l /old; container=sportapp exec /lib/systemd/systemd --log-target=journal --log-level=info' </dev/null
"""


def packages_of(package: Path) -> list:
    """What it depends on, of alternatives the first."""
    depends = run("dpkg-deb", "-f", package, "Depends")
    return sorted({re.match(r"[\w.+-]+", entry.strip())[0] for entry in depends.split(",")})


def debian(package: Path) -> Path:
    """Debian 12 with what the package needs, but not the package: kept, as it takes minutes."""
    wanted = ",".join([*TOOLS, *packages_of(package)])
    tar = CACHE / f"debian-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}.tar"
    if tar.exists() and time.time() - tar.stat().st_mtime < CACHE_S:
        return tar
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = CACHE / "unfinished.tar"
    run(needed("mmdebstrap"), "--variant=minbase", f"--include={wanted}", "bookworm", unfinished, within_s=MAKING_S,
        stdin=subprocess.DEVNULL)
    return unfinished.rename(tar)


class Machine:
    def __init__(self, folder: Path, package: Path):
        self.root = folder / "root"
        self.log = folder / "console.log"
        self.shell = None
        self.pid = 0
        self.root.mkdir()
        run("tar", "-xf", debian(package), "-C", self.root, within_s=300)
        shutil.copy(package, self.root / "srv" / "sportapp.deb")

    def boot(self):
        environment = {"ROOT": str(self.root), "BOOT": BOOT, "NAME": f"sportapp-{os.getpid()}", "PATH": os.environ["PATH"]}
        with self.log.open("ab") as log:
            self.shell = subprocess.Popen(["unshare", "--mount", "sh", "-c", GROUPS], stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, env=environment)
        until("there is a process 1", self._find_process_1, 30, every_s=0.2)
        try:
            until("systemd is up", lambda: self.ask("systemctl is-system-running") in ("running", "degraded"), 90, every_s=0.5)
        except AssertionError:
            said = self.log.read_text(errors="replace")[-2000:]
            self.cut_power()
            pytest.skip(f"NOT CHECKED: systemd does not come up in name spaces of this machine; it said:\n{said}")

    def _find_process_1(self) -> bool:
        """It is the child of `unshare --fork`, which is the shell's."""
        pid = self.shell.pid
        for _ in range(2):
            children = Path(f"/proc/{pid}/task/{pid}/children")
            found = children.read_text().split() if children.exists() else []
            pid = int(found[0]) if found else 0
        is_it = pid and Path(f"/proc/{pid}/comm").read_text().strip() == "systemd"
        self.pid = pid if is_it else 0
        return bool(is_it) or self.shell.poll() is not None

    def sh(self, script: str, within_s: float = 120.0) -> subprocess.CompletedProcess:
        enter = ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--"]
        return subprocess.run([*enter, "/bin/bash", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=within_s, check=False, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})

    def ask(self, script: str) -> str:
        """What it prints, whether or not it succeeds."""
        return self.sh(script).stdout.strip()

    def must(self, script: str, within_s: float = 120.0) -> str:
        done = self.sh(script, within_s)
        assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def cut_power(self):
        """Everything in it ends at once, in the middle of what it does."""
        if self.shell is None:
            return
        if self.pid and self.shell.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        try:
            self.shell.wait(20)
        except subprocess.TimeoutExpired:
            self.shell.kill()
            self.shell.wait()
        self.pid = 0
