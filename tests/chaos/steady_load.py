"""Clients in a process of their own (steady_clients.py), and what their log says."""
import collections
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from waiting import until

PROGRAM = Path(__file__).with_name("steady_clients.py")
ENDS_WITHIN_S = 30.0  # above the time in which each command must be answered


class Sent(NamedTuple):
    """One command of the log; times are on time.monotonic() of every process of this machine."""
    key: str
    name: str
    sent: float
    answered: float
    outcome: str
    retry_after: str
    answer: str

    @property
    def took_s(self) -> float:
        return self.answered - self.sent


class Told(NamedTuple):
    """An acknowledgement, as evidence.py asks for it."""
    username: str
    body: dict


class SteadyLoad:
    """`with SteadyLoad(port, log, ...)`: runs until the end of the block; every command has its outcome after it."""

    def __init__(self, port: int, log: Path, seed: int, connections: int = 256, rate: int = 1000, prefix: str = "steady",
                 path: str = "/api-commands/users", bodies=('{"username":"NAME"}',)):
        self._log = Path(log)
        self._command = [sys.executable, PROGRAM, "--port", port, "--log", log, "--seed", seed, "--connections",
                         connections, "--rate", rate, "--prefix", f"{prefix}-{seed}", "--path", path, "--bodies",
                         json.dumps(list(bodies))]
        self._offset, self._rest = 0, ""
        self.commands = []      # of the log, as far as it was read
        self.acknowledged = {}  # key -> Told
        self.wrong = []         # answers of the right status that are not what they should be
        self.count = 0

    def __enter__(self):
        self._process = subprocess.Popen([str(part) for part in self._command], stdin=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            status = self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError("the clients did not end") from None
        self.read()
        assert status == 0, f"the clients ended with {status}"

    def read(self):
        """Takes in what the log has gained."""
        if not self._log.exists():
            return
        with open(self._log, encoding="utf-8") as log:
            log.seek(self._offset)
            text = self._rest + log.read()
            self._offset = log.tell()
        lines = text.split("\n")
        self._rest = lines.pop()
        for line in lines:
            key, name, sent, answered, outcome, retry_after, answer = line.split("\t")
            self._take(Sent(key, name, float(sent), float(answered), outcome, retry_after, answer))

    def _take(self, command: Sent):
        self.commands.append(command)
        if command.outcome == "200":
            self.acknowledged[command.key] = Told(command.name, json.loads(command.answer))
            self.count += 1

    @property
    def tried(self) -> list:
        return [command.key for command in self.commands]

    def others(self) -> list:
        """Commands that were not acknowledged."""
        return [command for command in self.commands if command.outcome != "200"]

    def acknowledged_times(self) -> list:
        return sorted(command.answered for command in self.commands if command.outcome == "200")

    def outcomes(self) -> dict:
        return dict(collections.Counter(command.outcome for command in self.commands))

    def wait_for_acknowledgement(self, sent_after: float, within_s: float = 60.0):
        """Until a command that was sent after that moment is acknowledged."""
        def acknowledged():
            self.read()
            return any(command.outcome == "200" and command.sent > sent_after for command in self.commands[-2000:])
        until("a command is acknowledged", acknowledged, within_s, every_s=0.2)

    def wait_for_more(self, count: int, within_s: float = 60.0):
        self.read()
        before = self.count

        def there():
            self.read()
            return self.count >= before + count
        until(f"{count} more acknowledged", there, within_s, every_s=0.2)


def quantile(values: list, part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def latencies_ms(commands, since: float = 0.0, until_s: float = float("inf")) -> dict:
    """Of those acknowledged that were sent in that time."""
    taken = [1000 * command.took_s for command in commands
             if command.outcome == "200" and since <= command.sent < until_s]
    return {"count": len(taken), "p50_ms": quantile(taken, 0.5), "p99_ms": quantile(taken, 0.99),
            "max_ms": max(taken, default=0.0)}


def now() -> float:
    return time.monotonic()
