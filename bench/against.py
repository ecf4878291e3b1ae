"""This build beside another one: registrations a second, and the outage when the primary is killed, in turn."""
import http.client
import json
import os
import signal
import statistics
import threading
import time

import cost
import load
import report
from instance import Instance, PROGRAM
from redundancy import SERVICE, Failover, settings

CALM_S, AFTER_KILL_S = 0.5, 1.0


def primary_pid(app: Instance) -> int:
    """Of the service's primary, once both of its nodes are in sync."""
    failover = Failover(app)
    failover.wait_in_sync(2)
    name = f"{SERVICE}-commands-{failover.view()['primary']}"
    return next(process["pid"] for process in app.processes() if process["name"] == name)


def slowest_answer(app: Instance, seconds: float, name: str) -> float:
    """One client, one request after the other; gives the longest that one took. None may fail."""
    gateway = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
    slowest, number, until = 0.0, 0, time.monotonic() + seconds
    while time.monotonic() < until:
        number += 1
        began = time.monotonic()
        gateway.request("POST", "/api-commands/users", json.dumps({"username": f"{name}-{number}"}),
                        {"Content-Type": "application/json"})
        answer = gateway.getresponse()
        answer.read()
        slowest = max(slowest, time.monotonic() - began)
        if answer.status != 200:
            raise RuntimeError(f"a registration was answered {answer.status}")
    gateway.close()
    return slowest


def one_outage(app: Instance, name: str) -> float:
    """Milliseconds that the slowest registration takes around a kill -9 of the primary."""
    pid = primary_pid(app)
    time.sleep(CALM_S)
    kill = threading.Timer(CALM_S, os.kill, (pid, signal.SIGKILL))
    kill.start()
    slowest = slowest_answer(app, CALM_S + AFTER_KILL_S, name)
    kill.join()
    return slowest * 1000


def one_round(options, folder, program, number: int) -> dict:
    with Instance(folder / f"data-{number}", settings(1), program) as app:
        Failover(app).wait_in_sync(2)
        load.register(app.url, 16, 2)  # warms up
        runs = [cost.register(app, count, options.seconds) for count in options.connections]
        outages = [one_outage(app, f"against-{number}-{kill}") for kill in range(options.kills)]
    return {"runs": runs, "outages_ms": outages}


def measure(options, folder, say) -> dict:
    """In turn, so that whatever else the machine does meets both alike."""
    programs = {"this": PROGRAM, "other": options.against}
    rounds = {name: [] for name in programs}
    for number in range(options.repeat):
        for name, program in programs.items():
            rounds[name].append(one_round(options, folder, program, number * len(programs) + (name == "other")))
            for run in rounds[name][-1]["runs"]:
                say(f"  {name:5}" + report.load_row(run))
    for place, count in enumerate(options.connections):
        def medians(of, place=place):
            return [statistics.median(of(found["runs"][place]) for found in rounds[name]) for name in programs]

        this, other = medians(lambda run: run["per_s"])
        cost_us, other_us = medians(lambda run: sum(run["cost_us"].values()))
        say(f"  {count:,} connections: median {this:,.0f} registrations/s, other {other:,.0f}; ratio {this / other:.2f}; "
            f"processor {cost_us:.0f} us each, other {other_us:.0f}; ratio {cost_us / other_us:.2f}")
    for name, found in rounds.items():
        outages = [outage for one in found for outage in one["outages_ms"]]
        say(f"  {name:5} outage when the primary is killed: median {statistics.median(outages):.0f} ms, "
            f"worst {max(outages):.0f} ms of {len(outages)}")
    return rounds
