"""What redundancy costs, and how long a node that missed entries takes to be in sync again."""
import json
import statistics
import sys
import time

import load
import report
from instance import Instance, ROOT, get

sys.path += [str(ROOT / "tests" / "chaos"), str(ROOT / "tests" / "e2e")]  # last: only what no file here is called
from steady_load import SteadyLoad, latencies_ms  # noqa: E402

SERVICE, ABSENT = "users", "users-commands-b"
USUAL_S, CALM_S = 5.0, 1.0
CONNECTIONS, IN_SYNC_WITHIN_S = 64, 300


class Failover:
    """What the monitor says of the service."""

    def __init__(self, app: Instance):
        port = next(process["port"] for process in app.processes() if process["name"] == "monitor")
        self._url = f"http://127.0.0.1:{port}/internal/failover"
        self._headers = app.key_header()

    def view(self) -> dict:
        services = json.loads(get(self._url, headers=self._headers)[1])["services"]
        return next((view for view in services if view["service"] == SERVICE), {"in_sync": []})

    def wait_in_sync(self, count: int):
        until = time.monotonic() + IN_SYNC_WITHIN_S
        while len(self.view()["in_sync"]) < count:
            if time.monotonic() > until:
                raise RuntimeError(f"no {count} nodes are in sync: {self.view()}")
            time.sleep(0.005)


def settings(spares: int) -> str:
    return f"[services]\nspares = {spares}\n"


# --- with and without spares ---

def one_run(options, folder, spares: int, number: int) -> dict:
    with Instance(folder / f"data-{spares}-{number}", settings(spares)) as app:
        if spares:
            Failover(app).wait_in_sync(1 + spares)
        connections = options.connections[-1]
        load.register(app.url, connections, 2)  # warms up
        before = app.metrics("users-commands-a")
        run = load.register(app.url, connections, options.seconds)
        run["commits"] = load.commits(before, app.metrics("users-commands-a"), run["seconds"])
        return run


def measure_spares(options, folder, say) -> dict:
    """One after the other, again and again, so that whatever else the machine does hits all of them alike."""
    runs = {spares: [] for spares in options.spares}
    for number in range(options.repeat):
        for spares in options.spares:
            runs[spares].append(one_run(options, folder, spares, number))
            say(f"  {spares} spares" + report.load_row(runs[spares][-1]) + report.commit_columns(runs[spares][-1]["commits"]))
    medians = {spares: statistics.median(run["per_s"] for run in found) for spares, found in runs.items()}
    first = options.spares[0]
    for spares, found in runs.items():
        p99 = statistics.median(run["p99_ms"] for run in found)
        say(f"  {spares} spares: median {medians[spares]:,.0f} registrations/s, p99 {p99:.1f} ms, "
            f"{medians[spares] / medians[first]:.2f} of the run with {first}")
    return {str(spares): found for spares, found in runs.items()}


# --- coming back ---

def one_return(app: Instance, clients: SteadyLoad, missed: int) -> dict:
    """Stops the spare, registers, starts it again: how long until it is in sync, and what commands took meanwhile."""
    failover = Failover(app)
    app.cli("stop", ABSENT)
    app.register(missed)
    time.sleep(CALM_S)
    began = time.monotonic()
    app.cli("start", ABSENT)
    failover.wait_in_sync(2)
    ended = time.monotonic()
    time.sleep(CALM_S)
    clients.read()
    meanwhile = [command for command in clients.commands if command.answered > began and command.sent < ended]
    return {"missed": missed, "in_sync_after_s": ended - began, "meanwhile": latencies_ms(meanwhile),
            "not_answered_200": sum(command.outcome != "200" for command in meanwhile)}


def measure_catch_up(options, folder, say) -> dict:
    results = {"rate": options.catch_up_rate, "returns": []}
    with Instance(folder / "data", settings(1)) as app:
        Failover(app).wait_in_sync(2)
        with SteadyLoad(app.port, folder / "clients.log", 1, CONNECTIONS, options.catch_up_rate, "steady") as clients:
            time.sleep(2)  # warms up
            since = time.monotonic()
            time.sleep(USUAL_S)
            clients.read()
            results["usual"] = latencies_ms(clients.commands, since, since + USUAL_S)
            say(f"  usual, with the spare in sync: {report.latency(results['usual'])}")
            for missed in options.catch_up:
                found = one_return(app, clients, missed)
                results["returns"].append(found)
                say(f"  {missed:>9,} missed: in sync {found['in_sync_after_s']:7.2f} s after its start; meanwhile "
                    f"{report.latency(found['meanwhile'])}, {found['not_answered_200']} not answered 200")
    return results
