"""Small files of an instance that are empty, random, unreadable or folders: each costs itself only, or is refused in one
sentence that says what to do."""
import json
import os
import shutil
from pathlib import Path

import pytest

from sportapp import Instance

KINDS = ("empty", "random", "folder")
# Made anew at each start, or done without.
MADE_ANEW = ("run/ports.json", "run/instance.json", "config/cluster.key", "config/monitor.toml", "config/gateway.conf",
             "config/users-commands-a.toml", "config/redis.conf", "monitor/events.jsonl", "logs/monitor.log",
             "logs/supervisor.log", "run/control.sock", "run/in-hand", "run/users-commands-a/http.sock",
             "run/gateway/nginx.pid")


def damage(path: Path, kind: str):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "folder":
        path.mkdir()
        (path / "inner").write_text("something")
    else:
        path.write_bytes(b"" if kind == "empty" else os.urandom(3000))


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """An instance that was up and is down; each test leaves it so."""
    app = Instance(tmp_path_factory.mktemp("stopped") / "data")
    app.up()
    app.wait_for_position(app.registered())
    app.down()
    yield app
    app.finish()


def expect_whole(app: Instance):
    assert app.get("/health").status_code == 200
    assert app.get("/api-queries/users/1").status_code == 200
    app.registered()


# What is unreadable is test_causes.py's.
@pytest.mark.parametrize("kind", KINDS)
def test_what_can_be_made_anew_is(stopped, kind):
    for name in MADE_ANEW:
        damage(stopped.data / name, kind)
    said = stopped.up().stdout
    expect_whole(stopped)
    assert stopped.down().returncode == 0
    for name in ("run/ports.json", "run/instance.json", "config/cluster.key"):
        line = [text for text in said.splitlines() if f"{name} was" in text]
        assert len(line) == 1, f"{name}: {said}"
        assert list((stopped.data / name).parent.glob(f"{Path(name).name}.damaged*")), "what was there is kept"
    if kind == "random":
        assert "events.jsonl has" in said, said
    if kind == "folder":
        assert "monitor.toml was a folder instead of a file" in said, said


def test_a_file_in_the_place_of_a_folder_is_put_aside(stopped):
    for name in ("run", "logs", "config"):
        shutil.rmtree(stopped.data / name)
        (stopped.data / name).write_text("no folder")
    said = stopped.up().stdout
    assert said.count("was no folder") == 3, said
    expect_whole(stopped)
    assert stopped.down().returncode == 0


def test_a_lost_key_is_made_anew(stopped):
    (stopped.data / "config" / "cluster.key").unlink()
    stopped.up()
    expect_whole(stopped)
    assert stopped.down().returncode == 0


def test_a_key_that_others_were_given_too_is_not_replaced(stopped, tmp_path):
    key = tmp_path / "shared.key"
    key.write_bytes(b"damaged")
    key.chmod(0o600)
    settings = stopped.data / "sportapp.toml"
    settings.write_text(f'[network]\nkey_file = "{key}"\n')
    done = stopped.cli("up", "--detach", "--port", stopped.port)
    settings.unlink()
    assert done.returncode == 1 and f"the key {key} is damaged" in done.stderr, done.stderr
    assert key.read_bytes() == b"damaged"


@pytest.mark.parametrize("kind", ["random", "folder", "nothing there"])
def test_damaged_settings_are_refused_in_one_sentence(stopped, kind):
    settings = stopped.data / "sportapp.toml"
    if kind == "nothing there":
        settings.symlink_to(stopped.data / "gone.toml")
    else:
        damage(settings, kind)
    done = stopped.cli("up", "--detach", "--port", stopped.port)
    shutil.rmtree(settings) if settings.is_dir() else settings.unlink()
    assert done.returncode == 1 and "sportapp.toml" in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1 or kind == "random", done.stderr


def test_empty_settings_are_the_defaults(stopped):
    settings = stopped.data / "sportapp.toml"
    settings.write_bytes(b"")
    stopped.up()
    expect_whole(stopped)
    assert stopped.down().returncode == 0
    settings.unlink()


def test_events_before_and_after_a_damaged_line_are_kept(stopped):
    events = stopped.data / "monitor" / "events.jsonl"
    lines = [line for line in events.read_bytes().splitlines() if line.strip()]
    whole = json.loads(lines[0])["number"]
    events.write_bytes(lines[0] + b"\n" + os.urandom(200).replace(b"\n", b".") + b"\n" + b"\n".join(lines[1:]) + b"\n")
    said = stopped.up().stdout
    assert "events.jsonl has 1 damaged lines" in said, said
    told = [json.loads(line)["number"] for line in stopped.done("events", "--json", "--last", 1000).splitlines()]
    assert whole in told
    assert stopped.down().returncode == 0
