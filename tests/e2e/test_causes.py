"""Why something cannot be written or read, in the same words in the log, `status`, `/health` and what a command prints: the
file, the user, the disk, and what to do."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from sportapp import bin_dir, free_port
from waiting import until

NOBODY = 65534


class OfNobody:
    """Commands of the program as a user who is not root, on a data folder of that user."""

    def __init__(self, folder: Path):
        self.data = folder / "data"
        self.port = free_port()

    def cli(self, command, *arguments):
        return subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                               str(bin_dir() / "sportapp"), command, "--data", str(self.data), *map(str, arguments)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, cwd="/",
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})

    def up(self, *arguments):
        return self.cli("up", "--detach", "--port", self.port, *arguments)


@pytest.fixture
def of_nobody():
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can become another user")
    folder = Path(tempfile.mkdtemp(prefix="sportapp-causes-"))
    folder.chmod(0o711)
    os.makedirs(folder / "data")
    os.chown(folder / "data", NOBODY, NOBODY)
    made = OfNobody(folder)
    yield made
    made.cli("down")
    shutil.rmtree(folder)


def test_a_data_folder_of_another_user_is_told_with_the_user(of_nobody):
    os.chown(of_nobody.data, 0, 0)
    of_nobody.data.chmod(0o755)
    done = of_nobody.up()
    assert done.returncode == 1
    assert f"user nobody may not write in the folder {of_nobody.data}" in done.stderr, done.stderr
    of_nobody.data.chmod(0o700)
    done = of_nobody.up()
    assert done.returncode == 1 and str(of_nobody.data) in done.stderr and "nobody" in done.stderr, done.stderr


def test_small_files_of_another_user_are_put_aside(of_nobody):
    assert of_nobody.up().returncode == 0
    assert of_nobody.cli("down").returncode == 0
    for name in ("run/ports.json", "monitor/events.jsonl", "config/monitor.toml", "config/cluster.key"):
        path = of_nobody.data / name
        path.write_bytes(b"of root")
        os.chown(path, 0, 0)
        path.chmod(0o600)
    done = of_nobody.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("is kept as") == 4, done.stdout


def test_a_journal_that_a_spare_may_not_read_fails_alone_and_says_so(of_nobody):
    assert of_nobody.up().returncode == 0
    assert of_nobody.cli("down").returncode == 0
    journal = of_nobody.data / "users-commands-b" / "journal.db"
    os.chown(journal, 0, 0)
    journal.chmod(0o600)
    done = of_nobody.up("--ready-timeout", 20)
    assert done.returncode == 0, done.stdout + done.stderr
    words = f"user nobody may not read {journal}"
    until("status says it", lambda: words in of_nobody.cli("status").stdout + of_nobody.cli("logs", "users-commands-b").stdout, 20)
