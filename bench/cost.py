"""Processor time by process: what a registration costs says more on a busy machine than how many there were."""
import os
from pathlib import Path

import load

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def used_s(pid: int) -> float:
    """Processor seconds of all threads so far, in the kernel and out of it; 0 where it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return 0.0
    user, system = stat[stat.rindex(")") + 2:].split()[11:13]
    return (int(user) + int(system)) / TICKS_PER_S


def used_by(app) -> dict:
    """(name, pid) -> processor seconds, of every process of the instance."""
    return {(one["name"], one["pid"]): used_s(one["pid"]) for one in app.family()}


def register(app, connections: int, seconds: int) -> dict:
    """load.register with `cost_us`, of each process."""
    before = used_by(app)
    run = load.register(app.url, connections, seconds)
    run["cost_us"] = us_each(before, used_by(app), run["requests"] - run["not_2xx"])
    return run


def us_each(before: dict, after: dict, count: int) -> dict:
    """name -> processor microseconds for each of `count`, the most expensive first. One that was started between is counted
    from its start."""
    spent = {}
    for (name, pid), seconds in after.items():
        spent[name] = spent.get(name, 0.0) + seconds - before.get((name, pid), 0.0)
    return {name: 1e6 * seconds / max(1, count)
            for name, seconds in sorted(spent.items(), key=lambda one: -one[1])}
