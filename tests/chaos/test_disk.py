"""The disk of a node without a spare is full, or read-only, under load: a clear 503, nothing lost, and service by itself
after. With a spare, service goes on: test_surroundings.py."""
import itertools

import pytest

from evidence import check_everything, wait_for_more
from disks import fill, run
from load import Load
from sportapp import ALONE
from waiting import until

FOLDER = "users-commands-a"


@pytest.fixture(autouse=True)
def a_bus_error_is_no_sanitizer_report(monkeypatch):
    """SQLite maps its -shm file: on a disk that takes no writes, touching it may end a process by SIGBUS. Then the
    supervisor and the gateway must give what these tests ask for."""
    monkeypatch.setenv("ASAN_OPTIONS", "handle_sigbus=0")


def wait_until_refused(app, load, within_s: float = 90.0):
    """Until registrations are answered 503, and by that only; queries go on."""
    until("registrations refused by 503", lambda: load.refused["503"] >= 5, within_s)
    names = (f"refused-{number}" for number in itertools.count(len(load.tried)))

    def refusal():
        answer = load.once(app, next(names))
        return answer.json()["detail"] if answer.status_code == 503 else None

    print("refused by:", until("a 503 of our own", refusal, within_s))
    assert app.get("/api-queries/users/1").status_code == 200, "queries must not depend on the journal's disk"
    until("/health says it", lambda: app.get("/health").status_code == 503, 20)


def served_again(app, load, within_s: float = 60.0):
    app.wait_healthy(within_s)
    wait_for_more(load, 50, within_s)


def register_some(app, load):
    wait_for_more(load, 100)
    app.wait_for_position(app.journal_head())


def test_a_full_disk_refuses_clearly_and_room_brings_service_back(disks, new_instance, tmp_path, seed, long_mode):
    data = tmp_path / "data"
    disks.tmpfs(data / FOLDER, "32m")
    app = new_instance(data, ALONE)
    app.up()
    pid = app.process(FOLDER).pid
    with Load(app, seed, clients=4) as load:
        for _ in range(5 if long_mode else 2):
            register_some(app, load)
            before = load.refused["503"]
            filler = fill(data / FOLDER)
            until("registrations refused", lambda: load.refused["503"] > before, 90)
            wait_until_refused(app, load)
            filler.unlink()
            served_again(app, load)
    assert app.process(FOLDER).pid == pid, "it came back by a restart, not by itself"
    load.settle(app)
    check_everything(app, load)


def test_a_disk_that_takes_no_writes_for_a_while(disks, new_instance, tmp_path, seed, long_mode):
    """chattr +i: every write fails, though the file system stays mounted as it is; then it is taken off."""
    data = tmp_path / "data"
    disks.loop(disks.image("96M", "mkfs.ext4", "-q"), data / FOLDER)
    app = new_instance(data, ALONE)
    app.up()
    with Load(app, seed, clients=4) as load:
        for _ in range(4 if long_mode else 1):
            register_some(app, load)
            before = load.refused["503"]
            files = sorted((data / FOLDER).glob("journal.db*"))
            run("chattr", "+i", *files, data / FOLDER)
            try:
                until("registrations refused", lambda: load.refused["503"] > before, 90)
                wait_until_refused(app, load)
            finally:
                run("chattr", "-i", *files, data / FOLDER)
            served_again(app, load)
    load.settle(app)
    check_everything(app, load)


def test_a_file_system_that_turned_read_only_and_its_repair(disks, new_instance, tmp_path, seed):
    """What ext4 does after a disk error. The repaired copy is mounted in its place, under the running instance.

    Nothing is being synced at that moment: a sync that is cut off by the abort may be confirmed by ext4 and not be on the
    disk, which no program above it can mend. Ours notices, and says which entry is gone.
    """
    data = tmp_path / "data"
    image = disks.image("96M", "mkfs.ext4", "-q")
    disks.loop(image, data / FOLDER)
    app = new_instance(data, ALONE)
    app.up()
    with Load(app, seed, clients=4) as before:
        register_some(app, before)
    before.settle(app)
    run("mount", "-o", "remount,abort", data / FOLDER)
    with Load(app, seed + 1, clients=4, prefix="later") as load:
        wait_until_refused(app, load)
        repaired = disks.copy(image)
        assert run("e2fsck", "-fy", repaired, check=False).returncode in (0, 1)
        disks.loop(repaired, data / FOLDER)
        served_again(app, load)
    load.settle(app)
    check_everything(app, before, load)
