"""A clean `down`, also amid commands, leaves both nodes equal and in sync in the record, and each journal in one file."""
import shutil

from evidence import wait_for_more
from load import Load
from prepared import NODES
from redundancy import wait_redundant
from sportapp import NAMES, nodes_of
from truth import JOURNAL, holding, record_of

ROUNDS, LONG_ROUNDS = 3, 10


def journal_alone(app, name: str, scratch):
    """What the one file holds, without what SQLite may have left beside it."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    shutil.copy(app.data / name / JOURNAL, scratch)
    return holding(scratch)


def check_end(app, loads, scratch) -> list:
    """What is wrong with the files of a stopped instance."""
    wrong = []
    for service in NAMES:
        record = record_of(app.data, service)
        if record.in_sync != sorted(NODES):
            wrong.append(f"{service}: in sync by the record are {record.in_sync}")
        heads = {name: journal_alone(app, name, scratch) for name in nodes_of(service)}
        if len({str(held.entries) for held in heads.values()}) != 1:
            wrong.append(f"{service}: the journals differ: " + str({name: len(held.entries) for name, held in heads.items()}))
    for name in nodes_of("users"):
        held = journal_alone(app, name, scratch)
        lost = [key for load in loads for key in load.acknowledged if key not in held.keys]
        if held.fault or lost:
            wrong.append(f"{name}: {JOURNAL} alone lacks {len(lost)} acknowledged registrations {held.fault}")
    return wrong


def test_both_nodes_are_in_sync_and_each_journal_is_one_file(new_instance, tmp_path, seed, long_mode):
    app, loads, wrong = new_instance(), [], []
    for number in range(LONG_ROUNDS if long_mode else ROUNDS):
        app.up()
        wait_redundant(app)
        loads.append(Load(app, seed + number, clients=6, settle_s=0, prefix=f"round{number}"))
        with loads[-1]:
            wait_for_more(loads[-1], 100)
            app.done("down")
            loads[-1].abandon()
        assert not loads[-1].wrong, loads[-1].wrong[:5]
        found = check_end(app, loads, tmp_path / "alone")
        print(f"end {number + 1}: {loads[-1].count} acknowledged; {'; '.join(found) or 'equal, in sync, one file each'}")
        wrong += found
    assert not wrong, "\n".join(wrong)
