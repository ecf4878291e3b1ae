"""A service that needs a person stays down alone: the rest serves, and `up` says what is missing and what to type."""
import shutil
import signal
import subprocess
import time

import pytest

from shop import add_product
from sportapp import Instance, bin_dir, nodes_of
from waiting import until

PARTLY_SERVED = 5


def lose_the_record(app: Instance):
    """Of users: who is primary cannot be derived, since one node has lost its disk too."""
    (app.data / "monitor" / "users.record").unlink()
    shutil.rmtree(app.data / "users-commands-b")


def expect_only_users_missing(app: Instance):
    health = app.get("/health")
    assert health.status_code == 503
    services = health.json()["services"]
    assert "sportapp promote" in services["users"]["commands"], health.text
    assert services["products"] == services["orders"] == {"commands": "ok", "queries": "ok"}, health.text
    add_product(app)


def mend(app: Instance, user):
    app.done("promote", "users", "a", "--force")
    app.wait_healthy()
    assert app.get(user.headers["Location"]).json() == user.json()
    app.registered()


@pytest.fixture
def without_record(new_instance):
    """An instance that is down and whose record of users is lost; and a user of it."""
    app = new_instance()
    user = app.registered()
    app.wait_for_position(user)
    app.down()
    lose_the_record(app)
    return app, user


def test_up_leaves_the_rest_running_and_says_what_to_type(without_record):
    app, user = without_record
    began = time.monotonic()
    done = app.cli("up", "--detach", "--port", app.port, "--ready-timeout", 300)
    assert time.monotonic() - began < 200, "what only a person can mend is not waited for"
    app.note_processes()
    assert done.returncode == PARTLY_SERVED, done.stdout + done.stderr
    told = [line for line in done.stderr.splitlines() if "users: commands are not served" in line]
    assert len(told) == 1 and "sportapp promote" in told[0], done.stderr
    assert "products" not in done.stderr and '{"' not in done.stdout + done.stderr
    waiting = [line.split("waiting for:")[1] for line in done.stdout.splitlines() if "waiting for:" in line]
    assert len(waiting) == len(set(waiting)), "each state of things is shown once"
    expect_only_users_missing(app)
    mend(app, user)
    assert app.down().returncode == 0


def test_in_the_foreground_it_goes_on_until_it_is_ended(without_record):
    app, user = without_record
    foreground = subprocess.Popen([str(bin_dir() / "sportapp"), "up", "--data", str(app.data), "--port", str(app.port),
                                   "--ready-timeout", "5"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        first = foreground.stderr.readline()
        assert "not everything is served" in first, first
        expect_only_users_missing(app)
        mend(app, user)
        foreground.send_signal(signal.SIGTERM)
        assert foreground.wait(60) == 0
    finally:
        foreground.kill()
        foreground.communicate()


def test_where_nothing_can_be_served_everything_ends(new_instance):
    app = new_instance()
    app.down()
    monitor = app.data / "monitor"
    shutil.rmtree(monitor)
    monitor.write_text("no folder")
    done = app.cli("up", "--detach", "--port", app.port, "--ready-timeout", 60)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "monitor does not stay" in done.stderr, done.stderr
    assert not app.left_behind()


def test_a_spare_that_does_not_start_is_told_and_everything_is_served(new_instance):
    app = new_instance()
    user = app.registered()
    app.wait_for_position(user)
    app.down()
    spare = app.data / nodes_of("users")[1]
    shutil.rmtree(spare)
    spare.write_text("no folder")
    done = app.cli("up", "--detach", "--port", app.port, "--ready-timeout", 20)
    app.note_processes()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "users-commands-b does not stay" in done.stdout, done.stdout
    app.registered()
    assert app.get(user.headers["Location"]).json() == user.json()
    # What is mended is started again by itself.
    spare.unlink()
    until("the spare is back", lambda: app.status()["users-commands-b"].state == "running", 30)
