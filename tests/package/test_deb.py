"""The Debian package: what it holds, what it depends on, and what its scripts do and do not do."""
import os
import re
import subprocess

import pytest

import sportapp
from commands import needed, run

SCRIPTS = ("postinst", "prerm", "postrm")


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    """The package's files, and its scripts below DEBIAN."""
    root = tmp_path_factory.mktemp("unpacked")
    run("dpkg-deb", "-R", package, root)
    return root


def field(package, name):
    return run("dpkg-deb", "-f", package, name).strip()


def test_it_is_named_after_the_version(package):
    version = run(sportapp.bin_dir() / "sportapp", "version").split()[1]
    assert package.name == f"sportapp_{version}_{field(package, 'Architecture')}.deb"
    assert (field(package, "Package"), field(package, "Version")) == ("sportapp", version)


def test_it_depends_on_what_it_runs_and_loads(package):
    depends = field(package, "Depends")
    for name in ("nginx-light | nginx", "redis-server", "adduser", "libc6", "libsqlite3-0", "libsodium23", "libhiredis"):
        assert name in depends
    assert "-dev" not in depends


def test_it_holds_what_is_installed_and_the_settings(unpacked, installed):
    files = {path.relative_to(unpacked) for path in unpacked.rglob("*") if not path.is_dir()}
    expected = {path.relative_to(installed) for path in installed.rglob("*") if not path.is_dir()}
    extra = {str(path) for path in files - expected if path.parts[0] != "DEBIAN"}
    assert expected <= files and extra == {"etc/sportapp/sportapp.toml"}
    assert (unpacked / "DEBIAN/conffiles").read_text() == "/etc/sportapp/sportapp.toml\n"
    for path in files:
        assert os.lstat(unpacked / path).st_mode & 0o022 == 0 or (unpacked / path).is_symlink(), f"{path}: others may write"


def test_its_program_runs_from_where_it_was_unpacked(unpacked):
    program = unpacked / "usr/bin/sportapp"
    assert run(program, "version").startswith("sportapp ")
    assert "right" in run(program, "config", "check", unpacked / "etc/sportapp/sportapp.toml")


class Scripts:
    """Runs the package's scripts where every program that changes the system only writes down how it was called."""

    RECORDED = ("adduser", "systemctl", "install", "rm", "rmdir", "deluser")

    def __init__(self, folder, unpacked):
        self.folder, self.unpacked = folder, unpacked
        for name in self.RECORDED:
            (folder / name).write_text(f'#!/bin/sh\necho "{name} $*" >>"$CALLS"\n')
        (folder / "getent").write_text('#!/bin/sh\nexit "${USER_IS_THERE:-2}"\n')
        for file in folder.iterdir():
            file.chmod(0o755)

    def run(self, script, *arguments, **environment):
        calls = self.folder / "calls.txt"
        calls.write_text("")
        env = {"PATH": f"{self.folder}:{os.environ['PATH']}", "CALLS": str(calls)} | environment
        done = subprocess.run(["sh", str(self.unpacked / "DEBIAN" / script), *arguments], env=env, capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stderr
        return calls.read_text()


@pytest.fixture
def scripts(tmp_path, unpacked):
    return Scripts(tmp_path, unpacked)


@pytest.mark.parametrize("script", SCRIPTS)
def test_its_scripts_end_at_the_first_failure_and_are_plain_sh(unpacked, script):
    text = (unpacked / "DEBIAN" / script).read_text()
    assert text.startswith("#!/bin/sh\n") and "\nset -e\n" in text
    run("sh", "-n", unpacked / "DEBIAN" / script)
    run(needed("shellcheck"), unpacked / "DEBIAN" / script)


def test_installing_makes_the_user_and_the_data_folder_once(scripts):
    first = scripts.run("postinst", "configure")
    assert re.search(r"^adduser --system .*\bsportapp$", first, re.MULTILINE)
    assert re.search(r"^install -d -o sportapp -g sportapp .*/var/lib/sportapp$", first, re.MULTILINE)
    assert "adduser" not in scripts.run("postinst", "configure", "0.0.9", USER_IS_THERE="0")


@pytest.mark.parametrize("script, arguments", [("postinst", ["configure"]), ("postinst", ["configure", "0.0.9"]),
                                               ("prerm", ["upgrade", "0.2.0"]), ("postrm", ["upgrade", "0.2.0"])])
def test_nothing_is_started_or_stopped_by_itself(scripts, script, arguments):
    assert not re.search(r"systemctl .*\b(start|restart|stop|enable)\b", scripts.run(script, *arguments))


def test_only_purge_deletes_the_data(scripts):
    assert "/var/lib/sportapp" not in scripts.run("prerm", "remove") + scripts.run("postrm", "remove")
    assert "rm -rf /var/lib/sportapp" in scripts.run("postrm", "purge")
