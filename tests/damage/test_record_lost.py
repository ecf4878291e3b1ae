"""The monitor's record, or another file that no acknowledged command needs, is lost or damaged."""
import re
import shutil

import pytest

from prepared import NODES
from redundancy import wait_redundant
from told import PARTLY_SERVED, answers, check_kept, check_whole, start, stopped_with_users
from truth import record_of
from waiting import until

# Below the data folder.
NEEDLESS = ["monitor/users.record", "monitor/events.jsonl", "run/ports.json", "config/cluster.key",
            "users-queries-1/read_model.db"]


def test_without_the_record_the_whole_nodes_serve_without_a_person(new_instance):
    app, told = stopped_with_users(new_instance)
    (app.data / "monitor" / "users.record").unlink()
    up = start(app)
    assert up.returncode == 0, f"{up.returncode} {up.stdout}{up.stderr}"
    check_whole(app, told)


def test_without_the_record_and_a_node_its_service_alone_waits_for_a_person(new_instance):
    app, told = stopped_with_users(new_instance)
    lost = next(node for node in NODES if node != record_of(app.data, "users").primary)
    (app.data / "monitor" / "users.record").unlink()
    shutil.rmtree(app.data / f"users-commands-{lost}")
    up = start(app)
    said = f"{up.stdout}{up.stderr}"
    assert app.cli("status").returncode == 0, f"up ended everything: {said}"
    assert up.returncode == PARTLY_SERVED, f"{up.returncode} {said}"
    assert answers(app, "users") == 503
    assert answers(app, "products") == 200
    advice = re.search(r"users.*sportapp promote users (\w) --force", said)
    assert advice, said
    app.done("promote", "users", advice.group(1), "--force")
    until("users serves", lambda: answers(app, "users") == 200)
    wait_redundant(app)
    if advice.group(1) != lost:
        check_kept(app, told)


@pytest.mark.parametrize("how", ["empty", "garbage"])
@pytest.mark.parametrize("file", NEEDLESS)
def test_a_damaged_file_that_can_be_made_anew_stops_nothing(new_instance, file, how):
    app, told = stopped_with_users(new_instance)
    assert (app.data / file).exists(), sorted(str(one) for one in (app.data / file).parent.glob("*"))
    (app.data / file).write_bytes(b"" if how == "empty" else b"\x00garbage{" * 1000)
    up = start(app)
    assert up.returncode == 0, f"{up.returncode} {up.stdout}{up.stderr}"
    check_whole(app, told)
