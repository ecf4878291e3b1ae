"""A backup is taken while users, products and orders come in, and restored elsewhere: everything that was acknowledged
before it began is there, orders that were under way get settled, and the clients noticed nothing.

SPORTAPP_LONG=1 asks for the whole load, 2,000 commands a second; SPORTAPP_RATE another. How many came is printed."""
import os
import time
from typing import NamedTuple

import pytest

import evidence
from redundancy import wait_redundant
from shop import add_product, ordered, settled
from shop_under_load import StockedShop, check_orders
from sportapp import NAMES, Instance, run_cli, unique
from steady_load import SteadyLoad, latencies_ms, now

RATE, LONG_RATE = 200, 2000
SHARES = {"users": 0.75, "products": 0.1, "orders": 0.15}
BEFORE, LONG_BEFORE = 500, 20_000  # acknowledged when the first backup begins


class Acknowledged(NamedTuple):
    """What clients were told before a moment, as evidence.py asks for it."""
    acknowledged: dict
    wrong: list
    count: int


def told_before(load: SteadyLoad, moment: float) -> Acknowledged:
    keys = {command.key for command in load.commands if command.outcome == "200" and command.answered < moment}
    return Acknowledged({key: told for key, told in load.acknowledged.items() if key in keys}, load.wrong, len(keys))


def loads_of(app, shop: StockedShop, tmp_path, seed: int, rate: int) -> dict:
    bodies = {"users": ('{"username":"NAME"}',), "orders": shop.bodies(),
              "products": ('{"name":"NAME","value":1,"stock":1}',)}
    return {name: SteadyLoad(app.port, tmp_path / f"{name}.log", seed, connections=max(4, int(64 * share)),
                             rate=int(rate * share), prefix=name, path=f"/api-commands/{name}", bodies=bodies[name])
            for name, share in SHARES.items()}


def back_up(app, folder) -> float:
    """Gives the moment before which everything acknowledged must be in it."""
    moment = now()
    done = app.cli("backup", folder, within_s=300)
    assert done.returncode == 0, done.stdout + done.stderr
    print(f"{done.stdout}took {now() - moment:.2f} s")
    return moment


def take_under_load(app, loads: dict, folders: list, before: int) -> list:
    """One backup into each folder; gives their moments."""
    with loads["users"], loads["products"], loads["orders"]:
        loads["users"].wait_for_more(before, 600)
        moments = []
        for folder in folders:
            moments.append(back_up(app, folder))
            loads["orders"].wait_for_more(20)
    return moments


def rate_between(loads: dict, begin: float, end: float) -> float:
    return sum(begin <= at < end for load in loads.values() for at in load.acknowledged_times()) / (end - begin)


def check_backup(folder, moment: float, loads: dict):
    """Whole, and with everything that was acknowledged before; nothing in it that nobody asked for is verify's."""
    checked = run_cli("verify", "--backup", folder, within_s=600)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    for service, load in loads.items():
        before = told_before(load, moment)
        found = evidence.entries(Instance(folder), service)
        evidence.check_acknowledged(found, before)
        print(f"{service}: {before.count} acknowledged before, {len(found)} entries, {load.count} acknowledged at the end")
    orders = evidence.entries(Instance(folder), "orders")
    placed = sum(entry.type == "OrderPlaced" for entry in orders)
    print(f"orders under way in it: {placed - sum(entry.type in ('OrderCompleted', 'OrderFailed') for entry in orders)}")
    print(checked.stdout.strip().splitlines()[-1])


def check_goes_on(app, loads: dict, moment: float, shop: StockedShop):
    """What was restored is redundant, settles what was under way, answers repeated keys, and gives new numbers."""
    wait_redundant(app)
    check_orders(app, told_before(loads["orders"], moment), shop)
    app.wait_for_position(app.journal_head("users"))
    known = {user["id"] for user in evidence.listed(app)}
    made = app.registered(unique("after"))
    assert made.json()["id"] not in known
    assert made.json()["id"] > max(known)
    key, told = next(iter(told_before(loads["users"], moment).acknowledged.items()))
    again = app.post({"username": told.username}, key=key)
    assert (again.status_code, again.json()) == (200, told.body), "a key that took effect does so no more"
    product = add_product(app, stock=3)
    assert settled(app, ordered(app, made.json()["id"], product.json()["id"], after=(made, product)))["state"] == "completed"
    app.wait_for_position(app.journal_head("users"))
    print(evidence.verify(app).strip().splitlines()[-1])


def test_a_backup_under_load_has_all_that_was_acknowledged(new_instance, seed, long_mode, tmp_path):
    rate = int(os.environ.get("SPORTAPP_RATE", LONG_RATE if long_mode else RATE))
    app = new_instance(tmp_path / "data")
    app.up()
    shop = StockedShop(app)
    loads = loads_of(app, shop, tmp_path, seed, rate)
    folders = [tmp_path / f"backup-{number}" for number in range(3)]
    moments = take_under_load(app, loads, folders, LONG_BEFORE if long_mode else BEFORE)
    print(f"{rate_between(loads, moments[0], moments[-1]):.0f} acknowledged a second meanwhile, of {rate} asked for")
    for load in loads.values():
        print({**load.outcomes(), **latencies_ms(load.commands)})
        assert not load.others(), f"{len(load.others())} commands failed, as {load.others()[0].outcome}"
    app.finish()
    for folder, moment in zip(folders, moments):
        check_backup(folder, moment, loads)
    done = run_cli("restore", folders[-1], "--data", tmp_path / "elsewhere")
    assert done.returncode == 0, done.stdout + done.stderr
    began = time.monotonic()
    restored = new_instance(tmp_path / "elsewhere")
    restored.up()
    print(f"up after {time.monotonic() - began:.2f} s")
    check_goes_on(restored, loads, moments[-1], shop)


@pytest.mark.parametrize("service", NAMES)
def test_a_backup_while_its_primary_dies_is_whole_all_the_same(new_instance, service, tmp_path):
    """Who is primary changes between the look at the record and the copy: any time, and again and again."""
    app = new_instance(tmp_path / "data")
    app.up()
    wait_redundant(app)
    made = [app.registered() for _ in range(20)]
    for number in range(3):
        app.kill(app.primary_of(service))
        back_up(app, tmp_path / f"backup-{number}")
        found = {entry.payload["id"] for entry in evidence.entries(Instance(tmp_path / f"backup-{number}"))}
        assert {answer.json()["id"] for answer in made} <= found
        assert run_cli("verify", "--backup", tmp_path / f"backup-{number}").returncode == 0
        wait_redundant(app)


def test_a_full_disk_is_said_and_leaves_nothing(new_instance, disks, tmp_path):
    app = new_instance(tmp_path / "data")
    app.up()
    disks.tmpfs(tmp_path / "small", "2m")
    done = app.cli("backup", tmp_path / "small" / "backup")
    assert done.returncode == 1
    assert "no room" in done.stderr
    assert list((tmp_path / "small").iterdir()) == []
