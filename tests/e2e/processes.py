"""What /proc says about processes: who descends from whom, and who is still there."""
import os
import signal
import time
from pathlib import Path
from typing import NamedTuple


class Seen(NamedTuple):
    """A process that was seen; its start time tells it from a later one with the same pid."""
    pid: int
    parent: int
    start: int
    command: str


def seen_of(pid: int):
    """Nothing where there is none, or only what nobody collected yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2:].split()
    if fields[0] in ("Z", "X"):
        return None
    return Seen(pid, int(fields[1]), int(fields[19]), command.strip())


def everything():
    """Every process but the dead that nobody collected yet."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [seen for seen in map(seen_of, pids) if seen]


def family(pid: int):
    """The process and all that descends from it."""
    known = everything()
    found = {seen.pid: seen for seen in known if seen.pid == pid}
    grown = True
    while grown:
        new = {seen.pid: seen for seen in known if seen.parent in found and seen.pid not in found}
        grown = bool(new)
        found.update(new)
    return list(found.values())


def naming(text: str):
    """Processes with `text` in their command line, but for this one."""
    return [seen for seen in everything() if text in seen.command and seen.pid != os.getpid()]


def alive(seen: Seen) -> bool:
    now = seen_of(seen.pid)
    return now is not None and now.start == seen.start


def pid_alive(pid: int) -> bool:
    return seen_of(pid) is not None


def still_alive(before, within_s: float):
    """Which of `before` are still there when the time is over; returns early when none is."""
    deadline = time.monotonic() + within_s
    while True:
        left = [seen for seen in before if alive(seen)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.05)


def kill(seen_processes, within_s: float = 20.0):
    """kill -9 of all of them, as the power would, in this order; none may be left."""
    for seen in seen_processes:
        if alive(seen):
            os.kill(seen.pid, signal.SIGKILL)
    left = still_alive(seen_processes, within_s)
    assert not left, f"still there after kill -9: {left}"


def resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
