"""Faults that hit the nodes of one service while its clients go on."""
import os
import random
import signal
import time
from typing import NamedTuple

from redundancy import nodes, primary_now
from waiting import until

TOGETHER_S = 0.1  # faults that come at once are this far apart, at most
HELD_FOR_S = 5.0  # commands wait so long for a primary; then they may be answered 503 (failover.hold_ms)


class Fault(NamedTuple):
    kind: str
    what: str
    at: float  # when it struck, or began


def strike(pid: int, number: int = signal.SIGKILL) -> float:
    """Sends the signal; gives the moment. That the process is gone already is as good."""
    at = time.monotonic()
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
    return at


class Faults:
    """One method a kind; each strikes, and returns when the process it hit is known to have felt it."""

    def __init__(self, app, chance: random.Random, service: str = "users"):
        self._app, self._chance, self._service = app, chance, service

    def strike(self, kind: str) -> Fault:
        return getattr(self, kind)()

    def crash(self) -> Fault:
        victim = primary_now(self._app, self._service)
        return Fault("crash", f"kill -9 of {victim.name}, primary", strike(victim.pid))

    def hang(self) -> Fault:
        """SIGSTOP for ever: whoever notices must end it."""
        victim = primary_now(self._app, self._service)
        at = strike(victim.pid, signal.SIGSTOP)
        until(f"{victim.name}, which hangs, is ended", lambda: not _exists(victim.pid), 60)
        return Fault("hang", f"SIGSTOP of {victim.name}, primary", at)

    def freeze(self) -> Fault:
        """SIGSTOP and, a moment later, SIGCONT: it may be thawed when another took its place already."""
        victim = primary_now(self._app, self._service)
        at = strike(victim.pid, signal.SIGSTOP)
        pause_s = self._chance.uniform(0.02, 2.0)
        time.sleep(pause_s)
        strike(victim.pid, signal.SIGCONT)
        return Fault("freeze", f"{victim.name}, primary, frozen for {pause_s:.2f} s", at)

    def spare(self) -> Fault:
        victim = self._chance.choice(nodes(self._app, self._service).spares)
        return Fault("spare", f"kill -9 of {victim.name}, spare", strike(victim.pid))

    def both(self) -> Fault:
        """Every node of the service within a moment, in any order."""
        found = nodes(self._app, self._service)
        victims = [found.primary, *found.spares]
        self._chance.shuffle(victims)
        at = strike(victims[0].pid)
        for victim in victims[1:]:
            time.sleep(self._chance.uniform(0, TOGETHER_S / (len(victims) - 1)))
            strike(victim.pid)
        return Fault("both", "kill -9 of " + ", ".join(victim.name for victim in victims), at)

    def monitor(self) -> Fault:
        """The monitor and the primary within a moment, in any order."""
        victims = [primary_now(self._app, self._service), self._app.process("monitor")]
        self._chance.shuffle(victims)
        at = strike(victims[0].pid)
        time.sleep(self._chance.uniform(0, TOGETHER_S))
        at_second = strike(victims[1].pid)
        struck = at if victims[0].name != "monitor" else at_second
        return Fault("monitor", f"kill -9 of {victims[0].name} and {victims[1].name}", struck)

    def switchover(self) -> Fault:
        """Again where one is under way already: the preferred node's, which takes its place back by itself."""
        before, at = primary_now(self._app, self._service), time.monotonic()
        said = until("a switchover", lambda: self._app.done("switchover", self._service))
        return Fault("switchover", f"away from {before.name}: {said.strip()}", at)

    def rolling(self) -> Fault:
        at = time.monotonic()
        said = self._app.done("restart", "--rolling", within_s=600)
        return Fault("rolling", said.strip().splitlines()[-1], at)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
