"""One instance a data folder, whatever becomes of the files in it."""
import re
import shutil
import threading
import time

import pytest

from sportapp import free_port, run_cli, unique
from waiting import until


class Probe:
    """Registers users, one after the other, until it is told to end; `statuses` is what came."""

    def __init__(self, instance):
        self.statuses = []
        self._instance = instance
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._end.is_set():
            self.statuses.append(self._instance.register(unique(), timeout=20).status_code)

    def __enter__(self):
        self._thread.start()
        until("it serves", lambda: len(self.statuses) >= 3, 20)
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


def second_up(instance):
    """Another `up` on its data, which must refuse and change nothing."""
    pid = instance.supervisor_pid() if (instance.data / "run" / "instance.json").is_file() else None
    began = time.monotonic()
    done = run_cli("up", "--detach", "--data", instance.data, "--port", free_port(), "--ready-timeout", 5)
    assert done.returncode == 3, f"{done.returncode} {done.stdout}{done.stderr}"
    assert time.monotonic() - began < 5, "it refuses at once"
    assert pid is None or str(pid) in done.stderr
    return done.stderr


@pytest.mark.parametrize("lost", ["run/instance.json", "run/control.sock", "run/ports.json", "run", "config"])
def test_a_second_up_touches_nothing_though_files_of_the_first_are_gone(new_instance, lost):
    instance = new_instance()
    pid = instance.supervisor_pid()
    with Probe(instance) as probe:
        victim = instance.data / lost
        shutil.rmtree(victim) if victim.is_dir() else victim.unlink()
        said = second_up(instance)
        assert str(pid) in said, said
        count = len(probe.statuses)
        until("it goes on", lambda: len(probe.statuses) >= count + 20, 60)
    if lost != "run":  # it has the sockets by which the gateway reaches the services
        assert set(probe.statuses) == {200}
    # What finds a running instance is rewritten, so that it can be ended.
    until("it is found again", lambda: instance.cli("status").returncode == 0, 20)
    assert instance.supervisor_pid() == pid
    assert instance.down().returncode == 0
    assert not instance.left_behind()


def test_the_pid_of_one_that_is_just_starting_is_told(new_instance):
    instance = new_instance()
    (instance.data / "run" / "instance.json").unlink()
    said = second_up(instance)
    assert re.search(r"pid \d+", said), said
    until("what finds it is rewritten", lambda: (instance.data / "run" / "instance.json").exists(), 30)


def test_a_killed_supervisor_holds_nothing(new_instance):
    instance = new_instance()
    made = [instance.registered() for _ in range(3)]
    instance.kill("supervisor")
    instance.up()  # at once: it ends what the killed one left
    instance.wait_for_position(made[-1])
    assert len(instance.users_in_journal()) == 3
