"""What Redis holds is a cache: whatever stands in it, read models and journals say what the services' own journals say.

Each lie is told by somebody who has the credentials of the instance's processes. Three times as bad is who has the key of
the instance, too. Some entries are of another history, as after a restore, a promotion by force, or of another instance.
"""
import contextlib
import itertools
import json
import shutil

import pytest

import evidence
import streams
from load import Load
from shop import Shop, add_product
from sportapp import NAMES, SPARES, Instance, nodes_of, queries_of, run_cli, taken, unique
from waiting import until

EVIL = "66600666"  # an id that no run comes to


@pytest.fixture
def times(long_mode) -> int:
    return 20 if long_mode else 2


def own_status(app, name: str) -> dict:
    return app.direct(name, "/internal/status").json()


def told(app, service: str) -> int:
    """How often entries of the service's stream were not believed, or put right, as the processes say it."""
    count = own_status(app, app.primary_of(service))["stream_mended"]
    return count + sum(own_status(app, name)["refused"] for name in queries_of(service))


def shown_ids(app, service: str, name: str) -> list:
    return [view["id"] for view in evidence.listed(app, name, service=service)]


def made_ids(app, service: str) -> list:
    """What the journal says of things of the service."""
    kinds = {"users": "UserRegistered", "products": "ProductAdded", "orders": "OrderPlaced"}
    return [entry.payload["id"] for entry in evidence.entries(app, service) if entry.type == kinds[service]]


def equal_to_the_truth(app):
    """Read models and journals, of all services; at once, but for what is on its way."""
    for service in NAMES:
        truth = made_ids(app, service)
        for name in queries_of(service):
            until(f"{name} shows what the journal of {service} says",
                  lambda name=name, truth=truth, service=service: shown_ids(app, service, name) == truth, 30)
    for entry in evidence.entries(app, "orders"):
        assert EVIL not in json.dumps(entry.payload), entry
    evidence.verify(app)


def last_entry(app, service: str) -> dict:
    return app.events(app.journal_head(service) - 1, service)[-1]


def forge(app, service: str, kind: str, chance, ahead: int = 0):
    """One lie: what stands behind the last event, or in its place, is none of the service. `ahead`: so many numbers further on."""
    last = last_entry(app, service)
    seq, payload = last["seq"] + ahead, {"id": int(EVIL), "username": f"evil-{EVIL}", "name": f"evil-{EVIL}", "stock": 1, "value": 1,
                                 "description": ""}
    event = "UserRegistered" if service == "users" else "ProductAdded"
    some = f"{chance.randrange(1 << 256):064x}"
    stood = streams.entries(app, service)
    lies = {
        "next": lambda: streams.publish(app, service, f"{seq + 1}-0", streams.plain(seq + 1, event, payload)),
        "far": lambda: streams.publish(app, service, f"{seq + 10 ** 6}-0", streams.plain(seq + 10 ** 6, event, payload)),
        "other_service": lambda: streams.publish(app, service, f"{seq + 1}-0",
                                                 streams.sealed(app, "orders", seq + 1, event, payload, last["hash"], some)),
        # Sealed with the key of this instance, but of a history that is no more.
        "other_history": lambda: streams.publish(app, service, f"{seq + 1}-0",
                                                 streams.sealed(app, service, seq + 1, event, payload, some, some)),
        "repeated": lambda: streams.publish(app, service, f"{seq + 1}-0", chance.choice(stood)[1] if stood else b"{}"),
        "reordered": lambda: rewritten(app, service, list(reversed(stood))),
        "cut": lambda: cut(app, service),
        "between": lambda: streams.publish(app, service, f"{seq}-1", streams.plain(seq + 1, event, payload)),
        "garbage": lambda: streams.publish(app, service, f"{seq + 1}-0", b"\xff" * 100),
        "forgotten": lambda: streams.forget(app),
    }
    # Under load the number may be taken meanwhile: then Redis refuses it, and it is tried again, further ahead.
    with contextlib.suppress(streams.Refused):
        lies[kind]()


def rewritten(app, service: str, stood: list):
    """The stream recreated by somebody else: what stood in it, in another order."""
    with streams.as_a_process(app) as redis:
        redis.run("DEL", service)
        for (number, _), (_, line) in zip(sorted(stood, key=lambda entry: int(entry[0].split(b"-")[0])), stood):
            redis.run("XADD", service, number, "event", line)


def cut(app, service: str):
    """Only one entry is left."""
    with streams.as_a_process(app) as redis:
        redis.run("XADD", service, "MAXLEN", "1", "*", "event", b"x")


KINDS = ("next", "far", "other_service", "other_history", "repeated", "reordered", "cut", "between", "garbage", "forgotten")
HARMLESS = ("forgotten",)  # nothing false is in it


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_false_is_taken_in(app, seed, chance, times, kind):
    shop = Shop(app, stock=1000)
    with Load(app, seed, clients=2, pause_s=0.01) as load:
        for _ in range(times):
            for service in ("users", "products"):
                before, tries = told(app, service), itertools.count()

                def noticed(service=service, before=before, tries=tries):
                    # One entry alone has no other order.
                    if kind == "reordered" and service == "products" and len(streams.entries(app, service)) < 2:
                        add_product(app)
                        return False
                    forge(app, service, kind, chance, next(tries))
                    return told(app, service) > before

                if kind in HARMLESS:
                    forge(app, service, kind, chance)
                else:
                    until(f"somebody tells that the stream of {service} was false", noticed, 30)
            evidence.wait_for_more(load, 20)
            add_product(app)
            assert shop.settled()["state"] == "completed"
    assert not load.refused, f"registrations failed: {dict(load.refused)}"
    equal_to_the_truth(app)
    for service in ("users", "products"):
        until(f"the stream of {service} says what the journal says", lambda service=service: comes_right(app, service))
        for name in queries_of(service):
            until(f"{name} reads the stream", lambda name=name: own_status(app, name)["reading"] == "stream")
    if kind not in HARMLESS:
        assert "does not say what the journal says" in "".join(app.log(name) for name in nodes_of("users"))


def comes_right(app, service: str) -> bool:
    """is_right, with something to say: a stream that was started again is empty until the next event."""
    add_product(app) if service == "products" else app.registered()
    return is_right(app, service)


def is_right(app, service: str) -> bool:
    """Every entry is what the feed gives, in its place."""
    stood = streams.entries(app, service)
    if not stood:
        return False
    first = int(stood[0][0].split(b"-")[0])
    feed = {event["seq"]: event for event in app.events(first - 1, service)}
    return all(json.loads(line) == feed.get(int(number.split(b"-")[0])) for number, line in stood)


def test_without_the_password_nobody_writes(app):
    with streams.Redis(app) as stranger:
        for words in (("XADD", "users", "1-0", "event", "x"), ("XREAD", "STREAMS", "users", "0"), ("DEL", "users"), ("PING",)):
            with pytest.raises(streams.Refused, match="NOAUTH"):
                stranger.run(*words)
    with pytest.raises(streams.Refused, match="WRONGPASS"):
        streams.Redis(app, "0" * 64)


def test_a_journal_that_is_older_than_what_redis_and_read_models_have(new_instance, times, tmp_path):
    """A backup is put back below read models and streams that have seen more."""
    app = new_instance()
    app.up()
    for number in range(times):
        Shop(app).settled()
        backup = tmp_path / f"backup-{number}"
        assert app.cli("backup", backup).returncode == 0
        for _ in range(5):
            app.wait_for_position(app.registered(unique("lost")))
        kept = {service: streams.entries(app, service) for service in NAMES}
        assert app.down().returncode == 0
        put_back(app, backup)
        app.up()
        for service in NAMES:  # as a Redis that was not ended
            rewritten_as(app, service, kept[service])
        app.wait_for_position(app.registered())
        Shop(app).settled()
        equal_to_the_truth(app)
        said = "".join(app.log(name) for name in queries_of("users"))
        assert "is of another history than the journal: it is rebuilt" in said


def put_back(app, backup):
    """The nodes and the monitor's record of the backup; read models stay."""
    restored = backup.parent / f"{backup.name}-restored"
    assert run_cli("restore", backup, "--data", restored).returncode == 0
    for service in NAMES:
        for name in nodes_of(service):
            shutil.rmtree(app.data / name)
            if (restored / name).exists():
                shutil.copytree(restored / name, app.data / name)
    shutil.rmtree(app.data / "monitor")
    shutil.copytree(restored / "monitor", app.data / "monitor")


def rewritten_as(app, service: str, stood: list):
    with streams.as_a_process(app) as redis, contextlib.suppress(streams.Refused):
        for number, line in stood:
            redis.run("XADD", service, number, "event", line)


def test_redis_of_another_instance(app, new_instance, times, tmp_path):
    """Its data folder, and its streams, which were sealed with another key."""
    other = Instance(tmp_path / "other")
    other.up()
    try:
        for _ in range(3):
            Shop(other).settled()
        foreign = {service: streams.entries(other, service) for service in NAMES}
    finally:
        other.finish()
    assert all(foreign.values())
    for _ in range(times):
        for service in NAMES:
            rewritten_as(app, service, foreign[service])
        Shop(app).settled()
        (app.data / "run/redis/dump.rdb").write_bytes(b"REDIS0010 whatever an older one has left")
        app.wait_restarted("redis", app.kill("redis"))
        Shop(app).settled()
        equal_to_the_truth(app)


@pytest.mark.skipif(SPARES == 0, reason="a service has one node only")
def test_a_promotion_by_force_makes_another_history(new_instance, times):
    """The spare lacks what only the primary had: read models that showed it are recreated, and orders, which has taken it in,
    takes in nothing more and says so."""
    app = new_instance()
    app.up()
    for _ in range(times):
        primary = app.primary_of("users")
        spare = next(name for name in nodes_of("users") if name != primary)
        app.done("stop", spare)
        lost = [taken(app.register(unique("lost"))) for _ in range(3)]
        app.wait_for_position(lost[-1])
        app.done("stop", primary)
        app.done("start", spare)
        node = spare.rpartition("-")[2]
        until("it is promoted", lambda node=node: app.cli("promote", "users", node, "--force", stdin=b"yes\n").returncode == 0)
        app.wait_healthy()
        app.done("start", primary)
        until("it is redundant again", lambda: app.cli("status").returncode == 0)
        app.wait_for_position(app.registered())
        for name in queries_of("users"):
            until(f"{name} shows what the journal says", lambda name=name: shown_ids(app, "users", name) == made_ids(app, "users"))
        assert until("orders says so", lambda: own_status(app, app.primary_of("orders"))["trouble"]).startswith(
            "nothing more of users is taken in")
