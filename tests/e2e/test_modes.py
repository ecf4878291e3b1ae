"""Names and e-mail addresses are for their owner only: whatever the umask, nobody else may read or enter what an instance
makes."""
import os
import stat
import subprocess
from pathlib import Path

import pytest

from sportapp import Instance, bin_dir


def open_to_others(*folders: Path) -> list:
    """What is in them, themselves too, that others than the owner may read, write or enter."""
    found = []
    for folder in folders:
        paths = [folder, *(Path(at) / name for at, inner, files in os.walk(folder) for name in (*inner, *files))]
        for path in paths:
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:  # a file that a process just replaced
                continue
            if not stat.S_ISLNK(mode) and mode & 0o077:
                found.append(f"{stat.filemode(mode)} {path}")
    return found


def cli(umask: int, *arguments):
    done = subprocess.run([str(bin_dir() / "sportapp"), *map(str, arguments)], umask=umask, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=180)
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


@pytest.fixture(params=[0o000, 0o022], ids=["umask-000", "umask-022"])
def started(request, tmp_path):
    """An instance that was started under that umask, and the umask."""
    app = Instance(tmp_path / "data")
    cli(request.param, "up", "--detach", "--data", app.data, "--port", app.port)
    app.note_processes()
    yield app, request.param
    app.finish()


def test_nothing_that_an_instance_makes_is_open_to_others(started, tmp_path):
    app, umask = started
    for _ in range(20):
        app.registered(email=None)
    app.get("/no-such-route")
    cli(umask, "backup", tmp_path / "backup", "--data", app.data)
    cli(umask, "rebuild", "users", "--data", app.data)
    app.wait_restarted("users-commands-b", app.kill("users-commands-b"))
    assert open_to_others(app.data, tmp_path / "backup") == []
    cli(umask, "down", "--data", app.data)
    assert open_to_others(app.data) == []
    cli(umask, "restore", tmp_path / "backup", "--data", tmp_path / "restored")
    assert open_to_others(tmp_path / "restored") == []


def test_an_instance_of_an_earlier_version_is_closed_to_others_by_the_next_start(new_instance):
    app = new_instance()
    app.registered()
    app.down()
    settings = app.data / "sportapp.toml"
    settings.write_text("")
    strange = app.data / "of-mine"
    strange.mkdir()
    for path in (app.data, *app.data.rglob("*")):
        if path.name != "cluster.key":  # one that was open to others may be known to them: it is refused
            path.chmod(0o755 if path.is_dir() else 0o644)
    said = app.up().stdout
    assert said.count("now only their owner may") == 1, said
    assert open_to_others(app.data) == [f"-rw-r--r-- {settings}", f"drwxr-xr-x {strange}"] or \
        open_to_others(app.data) == [f"drwxr-xr-x {strange}", f"-rw-r--r-- {settings}"], "what its owner made stays"
    app.down()
    assert "now only their owner may" not in app.up().stdout, "there is nothing left to mend"
