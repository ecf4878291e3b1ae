"""Backing up, checking and restoring: what is in a backup, what is refused, and what an interruption leaves."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from shop import Shop, settled
from sportapp import NAMES, SPARES, Instance, bin_dir, nodes_of, run_cli, running, unique
from waiting import until

RUNS_ALREADY = 3
INTERRUPTIONS_MAX = 30  # a backup may be done before it is struck


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """An instance with a user, a product and an order; the tests only back it up."""
    with running(tmp_path_factory.mktemp("backed") / "data", settings="[services]\nlog_level = \"debug\"\n") as app:
        made = Shop(app)
        assert made.settled(2)["state"] == "completed"
        yield made


@pytest.fixture(scope="module")
def kept(shop, tmp_path_factory):
    """A backup of it that nobody changes."""
    folder = tmp_path_factory.mktemp("kept") / "backup"
    back_up(shop.app, folder)
    return folder


@pytest.fixture
def copied(kept, tmp_path):
    """A backup to be damaged."""
    return shutil.copytree(kept, tmp_path / "copied")


def back_up(app, folder) -> str:
    done = app.cli("backup", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def verified(folder) -> str:
    done = run_cli("verify", "--backup", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def restored(backup, data) -> Instance:
    done = run_cli("restore", backup, "--data", data)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"sportapp up --data {data}" in done.stdout
    return Instance(data)


def refused(status: int, *arguments) -> str:
    """What the program says on standard error; it must not have printed a stack of anything else."""
    done = run_cli(*arguments)
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stderr.startswith(f"sportapp {arguments[0]}: "), done.stderr
    return done.stderr


def manifest_of(folder) -> dict:
    return json.loads((folder / "backup.json").read_text())


def flip(file, at: int):
    with open(file, "r+b") as stream:
        stream.seek(at)
        byte = stream.read(1)[0]
        stream.seek(at)
        stream.write(bytes([byte ^ 1]))


def test_a_backup_says_what_it_has_and_is_a_data_folder_too(shop, tmp_path):
    said = back_up(shop.app, tmp_path / "one")
    heads = {name: shop.app.journal_head(name) for name in NAMES}
    for name in NAMES:
        assert f"{name:<10} up to entry {heads[name]}, from node a" in said
    assert f"sportapp verify --backup {tmp_path / 'one'}" in said
    manifest = manifest_of(tmp_path / "one")
    services = {part["service"]: part for part in manifest["services"]}
    assert {name: part["position"] for name, part in services.items()} == heads
    assert set(services["orders"]["consumed"]) == {"users", "products"}
    assert set(services["products"]["consumed"]) == {"orders"}
    taken_in = [(source, seq) for part in services.values() for source, seq in part["consumed"].items()]
    assert all(0 < seq <= heads[source] for source, seq in taken_in), taken_in
    assert manifest["data"] == str(shop.app.data)
    assert not (tmp_path / "one" / "config").exists(), "the cluster's key is not in it"
    assert run_cli("verify", "--data", tmp_path / "one").returncode == 0


def test_checksums_are_those_of_b2sum(kept):
    if shutil.which("b2sum") is None:
        pytest.skip("NOT TESTED: b2sum is not installed")
    for part in manifest_of(kept)["files"]:
        printed = subprocess.run(["b2sum", "-l", "256", kept / part["file"]], capture_output=True, text=True, check=True)
        assert printed.stdout.split()[0] == part["blake2b"]
        assert (kept / part["file"]).stat().st_size == part["bytes"]


def test_what_is_restored_serves_goes_on_and_is_redundant(shop, kept, new_instance):
    instance = new_instance(start=False)
    restored(kept, instance.data)
    instance.up()
    users = next(part["position"] for part in manifest_of(kept)["services"] if part["service"] == "users")
    instance.wait_for_position(users)
    assert instance.get("/api-queries/users").json() == shop.app.get("/api-queries/users").json()[:users]
    until("its order is there", lambda: instance.get("/api-queries/orders/1").json()["state"] == "completed")
    made = instance.registered()
    assert made.json()["id"] == users + 1
    assert settled(instance, Shop(instance).ordered())["state"] == "completed"
    for name in NAMES:
        in_sync = {f"{name}-commands-{node}" for node in "abc"[:1 + SPARES]}
        until(f"{in_sync} are in sync", lambda name=name, in_sync=in_sync: in_sync == in_sync_of(instance, name), 60)
    assert (instance.data / "sportapp.toml").read_text() == (shop.app.data / "sportapp.toml").read_text()
    key = instance.data / "config" / "cluster.key"
    assert key.read_text() != (shop.app.data / "config" / "cluster.key").read_text()
    checked = instance.cli("verify")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def in_sync_of(instance, service: str) -> set:
    told = json.loads(instance.cli("status", "--json").stdout)["processes"]
    return {row["name"] for row in told if row["name"] in nodes_of(service) and row["in_sync"]}


def test_its_primary_begins_a_later_epoch_by_itself(kept, new_instance):
    instance = new_instance(start=False)
    restored(kept, instance.data)
    instance.up()
    of_backup = {part["service"]: part["epoch"] for part in manifest_of(kept)["services"]}
    views = instance.direct("monitor", "/internal/failover").json()["services"]
    assert all(view["primary"] == "a" and view["epoch"] > of_backup[view["service"]] for view in views)
    assert all(view["alarm"] == "" for view in views)


def test_an_instance_that_is_stopped_is_backed_up_too(new_instance, tmp_path):
    instance = new_instance()
    names = [unique() for _ in range(3)]
    for name in names:
        instance.registered(name)
    assert instance.down().returncode == 0
    back_up(instance, tmp_path / "backup")
    verified(tmp_path / "backup")
    other = new_instance(start=False)
    restored(tmp_path / "backup", other.data)
    other.up()
    other.wait_for_position(3)
    assert [user["username"] for user in other.get("/api-queries/users").json()] == names


@pytest.mark.skipif(SPARES == 0, reason="a service has one node only")
def test_a_spare_that_became_primary_is_what_is_backed_up(new_instance, tmp_path):
    instance = new_instance()
    until("there is a spare", lambda: len(in_sync_of(instance, "users")) > 1)
    assert instance.cli("stop", "users-commands-a").returncode == 0
    made = instance.registered()
    back_up(instance, tmp_path / "backup")
    manifest = manifest_of(tmp_path / "backup")
    assert {part["service"]: part["node"] for part in manifest["services"]}["users"] == "b"
    other = new_instance(start=False)
    restored(tmp_path / "backup", other.data)
    other.up()
    other.wait_for_position(made)
    assert other.user(made.json()["username"]) == [made.json()]


def test_a_damaged_byte_of_any_file_is_found(copied, tmp_path):
    verified(copied)
    for part in manifest_of(copied)["files"]:
        flip(copied / part["file"], part["bytes"] // 2)
        done = run_cli("verify", "--backup", copied)
        assert done.returncode in (1, 2), part
        assert f"DIFFERENT  {part['file']:<32} bytes" in done.stdout
        assert part["file"] in refused(1, "restore", copied, "--data", tmp_path / "data")
        assert not (tmp_path / "data").exists() and not (tmp_path / "data.part").exists()
        flip(copied / part["file"], part["bytes"] // 2)
    verified(copied)


def test_a_missing_file_and_a_damaged_manifest_are_found(copied, tmp_path):
    record = copied / "monitor" / "users.record"
    record.rename(tmp_path / "record")
    assert "users.record" in refused(1, "restore", copied, "--data", tmp_path / "data")
    assert "users.record" in run_cli("verify", "--backup", copied).stdout
    (tmp_path / "record").rename(record)
    flip(copied / "backup.json", 100)
    assert "damaged" in refused(1, "restore", copied, "--data", tmp_path / "data")
    done = run_cli("verify", "--backup", copied)
    assert done.returncode == 2
    assert "UNREADABLE backup.json" in done.stdout


def test_journals_that_do_not_fit_each_other_are_found_by_verify(shop, copied):
    """As they would be, had each service been backed up at a time of its own."""
    Shop(shop.app).settled()
    back_up(shop.app, copied.parent / "later")
    shutil.copytree(copied.parent / "later" / "orders-commands-a", copied / "orders-commands-a", dirs_exist_ok=True)
    done = run_cli("verify", "--backup", copied)
    assert done.returncode == 1
    assert "orders has taken in events of" in done.stdout


def test_a_newer_format_is_named(copied, tmp_path):
    text = (copied / "backup.json").read_text()
    (copied / "backup.json").write_text(text.replace('"format": 1', '"format": 2', 1))
    assert "newer program" in refused(1, "restore", copied, "--data", tmp_path / "data")


def test_what_makes_no_sense_is_refused_and_changes_nothing(shop, kept, tmp_path):
    assert "something in it" in refused(1, "backup", kept, "--data", shop.app.data)
    assert "no folder" in refused(1, "backup", tmp_path / "no" / "where", "--data", shop.app.data)
    assert "--data" in refused(1, "backup", tmp_path / "backup", "--data", tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    assert "not a data folder" in refused(1, "backup", tmp_path / "backup", "--data", tmp_path / "empty")
    assert "is not a backup" in refused(1, "restore", tmp_path / "empty", "--data", tmp_path / "data")
    assert "is not a backup" in refused(1, "restore", tmp_path / "nothing", "--data", tmp_path / "data")
    checked = run_cli("verify", "--backup", tmp_path / "empty")
    assert checked.returncode == 2
    assert "is not a backup" in checked.stdout and "--data" not in checked.stdout, checked.stdout
    assert "runs on" in refused(RUNS_ALREADY, "restore", kept, "--data", shop.app.data)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("x")
    assert "something in it" in refused(1, "restore", kept, "--data", tmp_path / "full")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "full"]
    for arguments in (["backup"], ["restore"], ["verify", "--backup", kept, "--data", kept]):
        assert run_cli(*arguments).returncode == 2
    assert run_cli("verify", "--backup", tmp_path / "nothing").returncode == 2


def strike(app, target, number: int):
    """Sends the signal in the middle of a backup; gives the process's end, and nothing where that was too late."""
    process = subprocess.Popen([bin_dir() / "sportapp", "backup", target, "--data", app.data],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    part = target.with_name(target.name + ".part")
    while process.poll() is None and not part.exists():
        time.sleep(0.0005)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGSTOP)  # so that there is time
        os.kill(process.pid, number)
        os.kill(process.pid, signal.SIGCONT)
    _, said = process.communicate(timeout=60)
    return None if target.exists() else (process.returncode, said)


def struck(app, tmp_path, number: int):
    for attempt in range(INTERRUPTIONS_MAX):
        target = tmp_path / f"backup-{attempt}"
        end = strike(app, target, number)
        if end is not None:
            return target, *end
    raise AssertionError("every backup was done before it was struck")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_backup_leaves_nothing(shop, tmp_path, number):
    target, status, said = struck(shop.app, tmp_path, number)
    assert status == 1
    assert "interrupted" in said
    assert not target.exists()
    assert not target.with_name(target.name + ".part").exists()


def test_a_killed_backup_leaves_no_backup_and_the_next_one_cleans_up(shop, tmp_path):
    target, status, _ = struck(shop.app, tmp_path, signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert not target.exists()
    part = target.with_name(target.name + ".part")
    assert part.exists()
    assert "is not a backup" in refused(1, "restore", part, "--data", tmp_path / "data")
    back_up(shop.app, target)
    verified(target)
    assert not part.exists()
