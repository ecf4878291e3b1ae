"""install.sh, with a package manager of the test's own: what it says, what it installs, and that it does so once."""
import os
import re
import subprocess

import pytest

from sportapp import ROOT

SCRIPT = ROOT / "install.sh"
PACKAGES = [line.split() for line in (ROOT / "tools/packages.txt").read_text().splitlines() if line[:1].strip("#")]
# Stands in for both: what apt-get installs, dpkg-query shows. `failing` makes apt-get fail.
DPKG_QUERY = '#!/bin/sh\nsed "s/^/installed /" "$STATE/installed"\n'
APT_GET = """#!/bin/sh
echo "$@" >>"$STATE/calls"
[ ! -e "$STATE/failing" ] || { echo "E: Unable to locate package"; exit 100; }
[ "$1" = install ] || exit 0
for word in "$@"; do case $word in install | -*) ;; *) echo "$word" >>"$STATE/installed" ;; esac; done
"""


def names_of(*kinds):
    return {name for kind, name, *_ in PACKAGES if kind in kinds}


class Machine:
    """Where install.sh runs: nothing is installed, and nothing of the real machine's packages is touched."""

    def __init__(self, folder):
        self.folder = folder
        for name, text in {"dpkg-query": DPKG_QUERY, "apt-get": APT_GET, "id": "#!/bin/sh\necho ${USER_ID:-0}\n",
                           "sudo": '#!/bin/sh\nunset USER_ID\nexec "$@"\n', "systemctl": "#!/bin/sh\n"}.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        (folder / "installed").touch()
        self.system("ID=debian\nVERSION_ID=12\nPRETTY_NAME='Debian 12'\n")

    def system(self, text):
        (self.folder / "os-release").write_text(text)

    def run(self, *arguments, **environment):
        env = os.environ | {"PATH": f"{self.folder}:{os.environ['PATH']}", "STATE": str(self.folder),
                            "TMPDIR": str(self.folder), "SPORTAPP_OS_RELEASE": str(self.folder / "os-release")} | environment
        return subprocess.run(["sh", str(SCRIPT), *arguments], env=env, capture_output=True, text=True, timeout=60,
                              check=False)

    def installed(self):
        return set((self.folder / "installed").read_text().split())


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_help_says_what_it_does_and_does_nothing(machine):
    done = machine.run("--help")
    assert done.returncode == 0
    assert all(f"sh install.sh{option}" in done.stdout for option in ("", " --docker", " --docker-only", " --help"))
    assert machine.installed() == set()


def test_the_second_run_has_nothing_to_do(machine):
    first = machine.run()
    assert first.returncode == 0, first.stdout + first.stderr
    assert machine.installed() == names_of("build", "run")
    for name in machine.installed():
        assert re.search(rf"^  {re.escape(name)} +\w", first.stderr, re.MULTILINE), f"{name}: it must say what for"
    assert "./sportapp up" in first.stdout and "docker" not in first.stdout
    calls = (machine.folder / "calls").read_text()
    second = machine.run()
    assert second.returncode == 0 and "already" in second.stdout
    assert (machine.folder / "calls").read_text() == calls


@pytest.mark.parametrize("option, kinds", [("--docker", ("build", "run", "docker")), ("--docker-only", ("docker",))])
def test_docker_is_installed_where_it_is_asked_for(machine, option, kinds):
    done = machine.run(option)
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.installed() == names_of(*kinds)
    assert "docker-compose up" in done.stdout


def test_it_becomes_root_by_sudo_only_when_something_is_missing(machine):
    done = machine.run(USER_ID="1000")
    assert done.returncode == 0 and "sudo" in done.stdout
    assert machine.installed() == names_of("build", "run")
    assert "sudo" not in machine.run(USER_ID="1000").stdout


@pytest.mark.parametrize("system", ["ID=fedora\nPRETTY_NAME='Fedora 40'\n", None])
def test_another_system_is_refused_with_what_to_do(machine, system):
    machine.system(system) if system else (machine.folder / "os-release").unlink()
    done = machine.run()
    assert done.returncode == 1
    assert "tools/packages.txt" in done.stderr and "Debian" in done.stderr
    assert ("Fedora 40" in done.stderr) == bool(system)
    assert not (machine.folder / "calls").exists()


@pytest.mark.parametrize("system, told", [("ID=ubuntu\nVERSION_ID='24.04'\nPRETTY_NAME='Ubuntu 24.04'\n", True),
                                          ("ID=linuxmint\nID_LIKE='ubuntu debian'\nPRETTY_NAME=Mint\n", True),
                                          ("ID=debian\nVERSION_ID=12\nPRETTY_NAME='Debian 12'\n", False)])
def test_ubuntu_is_taken_and_told_where_it_may_differ(machine, system, told):
    machine.system(system)
    done = machine.run()
    assert done.returncode == 0
    assert ("built and tested on Debian 12" in done.stdout) == told


def test_a_failure_of_the_package_manager_is_shown_with_another_way(machine):
    (machine.folder / "failing").touch()
    done = machine.run()
    assert done.returncode == 1
    assert "Unable to locate package" in done.stderr and "--docker-only" in done.stderr


@pytest.mark.parametrize("arguments", [["--what"], ["--docker", "--docker"], ["docker"]])
def test_a_wrong_option_is_refused(machine, arguments):
    done = machine.run(*arguments)
    assert done.returncode == 2
    assert "--help" in done.stderr
    assert machine.installed() == set()
