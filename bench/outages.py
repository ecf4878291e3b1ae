"""How long a write takes that meets a kill -9 of the primary, beside other systems with a failover of their own, in turn.

One client writes, one write after the other. A write that fails is tried again until it is taken: its time is from the first
try, and each try that failed is an error that a client of the system sees. What is killed is the primary and its agent, where it
has one of its own; each kill meets a system that was started for it."""
import http.client
import json
import os
import signal
import statistics
import threading
import time
from pathlib import Path

from against import primary_pid
from instance import Instance
from peers.auto_failover import AutoFailover
from peers.patroni import Patroni
from peers.sentinel import Sentinel
from redundancy import Failover, settings

CALM_S, AFTER_S = 1.0, 1.0
LONGEST_S = 180
AGAIN_AFTER_S = 0.002


class Gateway:
    """Registers through the gateway of a SportApp."""

    def __init__(self, port: int):
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def write(self, text: str):
        try:
            self._http.request("POST", "/api-commands/users", json.dumps({"username": text}),
                               {"Content-Type": "application/json", "Idempotency-Key": text})
            answer = self._http.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as failed:
            self._http.close()
            raise ConnectionError(str(failed)) from failed
        if answer.status != 200:
            raise ConnectionError(f"answered {answer.status}")


class SportApp(Instance):
    def __init__(self, folder: Path):
        super().__init__(folder, settings(1))
        self.writer = None

    def _start(self):
        super()._start()
        Failover(self).wait_in_sync(2)
        self._primary = primary_pid(self)
        self.writer = Gateway(self.port)

    def kill_primary(self):
        os.kill(self._primary, signal.SIGKILL)


PEERS = {"SportApp": SportApp,
         "Sentinel": Sentinel, "Sentinel, tuned": lambda folder: Sentinel(folder, tuned=True),
         "Patroni": Patroni, "Patroni, tuned": lambda folder: Patroni(folder, tuned=True),
         "pg_auto_failover": AutoFailover, "pg_auto_failover, tuned": lambda folder: AutoFailover(folder, tuned=True)}


class Writes:
    """One after the other, until told to end."""

    def __init__(self, writer):
        self._writer = writer
        self.written, self.slowest_s, self.errors = 0, 0.0, 0

    def one(self):
        began = time.monotonic()
        while True:
            try:
                self._writer.write(f"write-{self.written}")
                break
            except ConnectionError as failed:
                self.errors += 1
                if time.monotonic() - began > LONGEST_S:
                    raise RuntimeError(f"a write was not taken for {LONGEST_S} s: {failed}") from failed
                time.sleep(AGAIN_AFTER_S)
        self.written += 1
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)


def one_outage(system) -> dict:
    writes = Writes(system.writer)
    until = time.monotonic() + CALM_S
    while time.monotonic() < until:
        writes.one()
    usual_s, writes.slowest_s = writes.slowest_s, 0.0
    killed = threading.Event()

    def kill():
        system.kill_primary()
        killed.set()

    killing = threading.Timer(0.1, kill)
    killing.start()
    while not killed.is_set():
        writes.one()
    killing.join()
    until = time.monotonic() + AFTER_S
    while time.monotonic() < until:
        writes.one()
    return {"outage_ms": writes.slowest_s * 1000, "usual_max_ms": usual_s * 1000, "errors": writes.errors}


def measure(options, folder: Path, say) -> dict:
    folder.chmod(0o755)  # PostgreSQL runs as another user
    found = {name: [] for name in PEERS}
    for number in range(options.repeat):
        for place, (name, peer) in enumerate(PEERS.items()):
            with peer(folder / f"outage-{number}-{place}") as system:
                found[name].append(one_outage(system))
            say("  {:24}  {outage_ms:10,.0f} ms  {errors:8,} errors".format(name, **found[name][-1]))
    say("\n  medians                       outage     worst  errors a client sees")
    for name, outages in found.items():
        took = [one["outage_ms"] for one in outages]
        errors = statistics.median(one["errors"] for one in outages)
        say(f"  {name:24}  {statistics.median(took):7,.0f} ms  {max(took):5,.0f} ms  {errors:8,.0f}")
    return found
