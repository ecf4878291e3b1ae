"""Runs of `sportapp experiment` for tests: short scenarios, and what came of them."""
import json
import os
import signal
import subprocess
from pathlib import Path

import processes
from sportapp import bin_dir, run_cli
from waiting import until

CRASH = """title = "A crash and a poisoned request"
duration_s = 14
seed = 3
[steady]
seconds = 3
[load]
model = "open"
rate_per_s = 60
timeout_ms = 8000
mix = {register = 5, read = 3, list = 1}
[[fault]]
kind = "kill"
target = "users.primary"
at_s = 5
[[fault]]
kind = "poison"
at_s = 9
after_redundant = true
[expect]
failed = 0
redundant_within_s = 60
"""

# Faults that last until the end, so that there is something to heal.
LASTING = """title = "Faults that last"
duration_s = 120
[steady]
seconds = 2
[load]
model = "open"
rate_per_s = 30
[[fault]]
kind = "freeze"
target = "users.queries.1"
at_s = 3
heal_after_ms = 100000
[[fault]]
kind = "slow_disk"
target = "users.spare"
delay_ms = 5
at_s = 3.5
"""

# What the fault should do does not come about.
FAILING = """title = "A command that fails"
duration_s = 5
[steady]
seconds = 2
[load]
model = "open"
rate_per_s = 30
[[fault]]
kind = "command"
inject = "exit 3"
at_s = 2.5
"""

# Without waiting for redundancy, so that the times are those of the schedule.
SEEDED = """title = "Seeded"
duration_s = 12
seed = 5
[steady]
seconds = 2
[load]
model = "open"
rate_per_s = 30
[random]
kinds = ["kill", "freeze"]
targets = ["users.queries.1", "products.queries.2", "orders.queries.1"]
every_s = [1, 2]
until_s = 10
heal_after_ms = [100, 300]
after_redundant = false
"""


def experiment(*arguments, within_s: float = 300.0, **options):
    return run_cli("experiment", *arguments, within_s=within_s, **options)


def run_scenario(folder: Path, text: str, *arguments):
    """(what the program said, folder of results)"""
    file = folder / "mine.toml"
    file.write_text(text)
    out = folder / f"out-{len(list(folder.iterdir()))}"
    return experiment("run", file, "--out", out, *arguments), out


def result(out: Path, name: str = "masked-1") -> dict:
    return json.loads((out / name / "result.json").read_text())


def struck(run: Path) -> list:
    """The faults of a run, in their order; not those lines that tell of healing."""
    file = run / "faults.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    first = {}
    for line in lines:
        first.setdefault(line["number"], line)
    return [first[number] for number in sorted(first)]


class Started:
    """A run that is under way, in a session of its own as from a terminal."""

    def __init__(self, folder: Path, text: str):
        file = folder / "mine.toml"
        file.write_text(text)
        self.out = folder / "out"
        self.run = self.out / "masked-1"
        self.said = folder / "said.txt"
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [str(bin_dir() / "sportapp"), "experiment", "run", str(file), "--out", str(self.out)],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)

    def wait_struck(self, count: int):
        def all_struck():
            assert self.process.poll() is None, self.said.read_text()
            return len(struck(self.run)) >= count
        until(f"{count} faults struck", all_struck, 120)

    def wait_end(self, within_s: float = 90.0) -> int:
        return self.process.wait(within_s)

    def members(self) -> list:
        """The lab and all that it started; the supervisor's children are in sessions of their own."""
        return processes.family(self.process.pid)

    def kill(self, number: int = signal.SIGKILL):
        os.kill(self.process.pid, number)
