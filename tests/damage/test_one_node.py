"""The files of one node are not what they were, the other node is whole: everything serves, and both are whole again."""
import os

import pytest

from prepared import NODES
from told import check_whole, start, stopped_with_users
from truth import JOURNAL, record_of

GARBAGE_BYTES = 20480


def lose_wal(folder):
    for ending in ("-wal", "-shm"):
        (folder / f"{JOURNAL}{ending}").unlink(missing_ok=True)


def become_garbage(folder):
    lose_wal(folder)
    (folder / JOURNAL).write_bytes(os.urandom(GARBAGE_BYTES))


def lose_promise(folder):
    (folder / "promise").write_bytes(b"")


@pytest.mark.parametrize("where", ["primary", "spare"])
@pytest.mark.parametrize("harm", [lose_wal, become_garbage, lose_promise])
def test_everything_serves_and_both_are_whole_again(new_instance, harm, where):
    app, told = stopped_with_users(new_instance)
    primary = record_of(app.data, "users").primary
    node = primary if where == "primary" else next(node for node in NODES if node != primary)
    harm(app.data / f"users-commands-{node}")
    up = start(app)
    assert up.returncode == 0, f"{up.returncode} {up.stdout}{up.stderr}"
    check_whole(app, told)
