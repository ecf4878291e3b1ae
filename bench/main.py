"""`sportapp bench`: registrations and queries through the gateway, beside the floors they stand on."""
import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import against
import beside_peers
import cost
import floors
import load
import orders
import redundancy
import report
from instance import Instance, ROOT

EXAMPLES = """examples:
  ./sportapp bench                                   all of it, some five minutes
  ./sportapp bench --seconds 3 --connections 256     a quick look
  ./sportapp bench --preload 1000000 --lag           full, with projection lag at 5,000 registrations/s
  ./sportapp bench --repeat 5                        medians of five runs each
  ./sportapp bench --spares --repeat 3               registrations/s without and with a spare, in turn
  ./sportapp bench --spares 0,1,2 --connections 256  the same with up to two
  ./sportapp bench --catch-up                        how long a node takes that missed 1,000, 10,000, 100,000 entries
  ./sportapp bench --against ../old/build/release/bin/sportapp --repeat 5
                                                     registrations/s and outage beside another build, in turn
  ./sportapp bench --peers --repeat 5                registrations/s beside PostgreSQL, etcd, Redis and Flask
  ./sportapp bench --outages --repeat 3              how long writes stop, beside Sentinel, Patroni, pg_auto_failover
  ./sportapp bench --orders                          from POST to completed at 200 orders/s, and nothing else

Everything runs on a data folder of its own, which is removed at the end; a running instance is not touched.
The numbers are also written to bench/results/TIME.json."""


def arguments():
    parser = argparse.ArgumentParser(prog="sportapp bench", description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10, help="length of each run (default: 10)")
    parser.add_argument("--connections", default="1,16,64,256", help="counts of connections (default: 1,16,64,256)")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each, of which the median counts (default: 1)")
    parser.add_argument("--preload", type=int, default=0, metavar="N", help="register N users first")
    parser.add_argument("--lag", action="store_true", help="measure projection lag under an even load")
    parser.add_argument("--lag-rate", type=int, default=5000, help="registrations a second for --lag (default: 5000)")
    parser.add_argument("--lag-seconds", type=int, default=20, help="how long (default: 20)")
    parser.add_argument("--orders", action="store_true",
                        help="measure only how long an order takes from POST to completed, at an even rate")
    parser.add_argument("--orders-rate", type=int, default=200, help="orders a second for --orders (default: 200)")
    parser.add_argument("--orders-seconds", type=int, default=20, help="how long (default: 20)")
    parser.add_argument("--spares", nargs="?", const="0,1", metavar="LIST",
                        help="measure only registrations at the last of --connections with so many spares each (0,1)")
    parser.add_argument("--catch-up", nargs="?", const="1000,10000,100000", metavar="LIST",
                        help="measure only how long a node that missed so many entries takes to be in sync again, and what "
                             "commands take meanwhile (1000,10000,100000)")
    parser.add_argument("--catch-up-rate", type=int, default=1000,
                        help="registrations a second meanwhile (default: 1000)")
    parser.add_argument("--against", type=Path, metavar="PROGRAM",
                        help="measure only registrations and the outage at a failover, beside this other sportapp")
    parser.add_argument("--peers", action="store_true",
                        help="measure only registrations, beside inserts into PostgreSQL with a synchronous standby, puts into "
                             "an etcd of three, SET and WAIT 1 at a Redis with a replica, and the Flask stack of bench/peers/flask")
    parser.add_argument("--outages", action="store_true",
                        help="measure only how long writes stop when the primary is killed, beside Redis Sentinel, Patroni and "
                             "pg_auto_failover, each as it comes and tuned (some 5 minutes)")
    parser.add_argument("--kills", type=int, default=5, help="failovers in each round of --against (default: 5)")
    parser.add_argument("--skip-floors", action="store_true", help="measure the system only")
    parser.add_argument("--disk", type=Path, default=ROOT / "build", metavar="DIR",
                        help="where the data folder is made (default: build/, in this checkout)")
    parsed = parser.parse_args()
    for name in ("connections", "spares", "catch_up"):
        try:
            setattr(parsed, name, [int(count) for count in (getattr(parsed, name) or "").split(",") if count])
        except ValueError:
            parser.error(f"--{name.replace('_', '-')}: numbers with commas between, as in 1,16,64,256")
    if parsed.against and not parsed.against.is_file():
        parser.error(f"--against: {parsed.against} is no program")
    if not all(0 <= spares <= 2 for spares in parsed.spares):
        parser.error("--spares: 0, 1 or 2 of them")
    counts = [parsed.seconds, parsed.repeat, parsed.kills, parsed.orders_rate, parsed.orders_seconds, parsed.catch_up_rate,
              *parsed.catch_up, *(parsed.connections or [0])]
    if min(counts) < 1 or parsed.preload < 0:
        parser.error("seconds, repeats, rates and connections are at least 1")
    return parsed


def say(text: str):
    print(text, flush=True)


def measure_floors(options, folder: Path, results: dict):
    say(report.heading("Floor: plain SQLite, rows of a journal entry's shape, by rows in one commit"))
    results["sqlite_floor"] = floors.sqlite(folder, max(1, options.seconds // 2))
    say(report.sqlite_table(results["sqlite_floor"]))
    say(report.heading("Floor: NGINX answers a constant"))
    results["nginx_floor"] = []
    with floors.ConstantNginx(folder) as nginx:
        for run in load.sweep(options, lambda count: load.wrk("constant", nginx.url, count, options.seconds)):
            results["nginx_floor"].append(run)
            say(report.load_row(run))


def measure_registrations(options, app: Instance, results: dict):
    say(report.heading("Registrations through the gateway"))
    results["registrations"] = []

    def one(count: int):
        before = app.metrics("users-commands-a")
        run = cost.register(app, count, options.seconds)
        run["commits"] = load.commits(before, app.metrics("users-commands-a"), run["seconds"])
        return run

    for run in load.sweep(options, one):
        results["registrations"].append(run)
        say(report.load_row(run) + report.commit_columns(run["commits"]))
    say(report.heading("Processor time of a registration, microseconds by process"))
    say(report.cost_table(results["registrations"]))


def measure_queries(options, app: Instance, results: dict):
    last = app.wait_projected()
    say(report.heading(f"Queries by id through the gateway, ids 1 to {last:,}"))
    results["queries"] = []
    for run in load.sweep(options, lambda count: load.wrk("query", app.url, count, options.seconds, str(last))):
        results["queries"].append(run)
        say(report.load_row(run))


def measure_lag(options, app: Instance, results: dict):
    say(report.heading(f"Projection lag at {options.lag_rate:,} registrations/s, evenly spaced"))
    before = {name: app.metrics(name) for name in app.queries()}
    results["lag"] = {"imported": app.register(options.lag_rate * options.lag_seconds, rate=options.lag_rate)}
    app.wait_projected()
    for name, old in before.items():
        results["lag"][name] = load.lag(old, app.metrics(name))
    say(report.lag_lines(results["lag"]))


def measure_orders(options, folder: Path, results: dict):
    say(report.heading(f"Orders: {options.orders_rate:,} a second for {options.orders_seconds} s, through the gateway"))
    results["orders"] = []
    with Instance(folder / "data") as app:
        for number in range(options.repeat):
            run = orders.measure(app.port, options.orders_rate, options.orders_seconds, f"bench-{number}")
            results["orders"].append(run)
            say(report.orders_lines(run))


def measure(options, folder: Path, results: dict):
    if options.against:
        say(report.heading(f"This build beside {options.against}, in turn"))
        results["against"] = against.measure(options, folder, say)
        return
    if options.peers:
        say(report.heading("Registrations, or what comes next to them, one system after the other"))
        results["peers"] = beside_peers.measure(options, folder, say)
        return
    if options.outages:
        import outages  # needs packages that nothing else does

        say(report.heading("The primary is killed, one system after the other"))
        results["outages"] = outages.measure(options, folder, say)
        return
    if options.spares:
        say(report.heading("Registrations by spares, through the gateway, one after the other"))
        results["spares"] = redundancy.measure_spares(options, folder, say)
        return
    if options.catch_up:
        say(report.heading(f"A node that comes back, at {options.catch_up_rate:,} registrations/s"))
        results["catch_up"] = redundancy.measure_catch_up(options, folder, say)
        return
    if options.orders:
        measure_orders(options, folder, results)
        return
    if not options.skip_floors:
        measure_floors(options, folder, results)
    with Instance(folder / "data") as app:
        if options.preload:
            say(report.heading(f"Preloading {options.preload:,} users with sportapp import"))
            results["preload"] = app.register(options.preload)
            say("  " + results["preload"])
            app.wait_projected()
        load.register(app.url, 16, 2)  # warms up
        measure_registrations(options, app, results)
        measure_queries(options, app, results)
        if options.lag:
            measure_lag(options, app, results)
        say(report.heading(f"Resident memory, {app.last_user():,} users"))
        results["memory"] = app.memory()
        say(report.memory_table(results["memory"]))


def write(options, results: dict):
    written = ROOT / "bench" / "results" / (time.strftime("%Y%m%d-%H%M%S") + ".json")
    written.parent.mkdir(exist_ok=True)
    written.write_text(json.dumps(results, indent=1) + "\n")
    say(f"\nwritten: {written.relative_to(ROOT)}")
    if options.peers or options.outages:
        import plot  # needs a package that nothing else does

        picture = written.with_suffix(".svg")
        if options.peers:
            plot.peers(beside_peers.medians(options.connections, results["peers"]), picture)
        else:
            plot.outages(results["outages"], picture)
        say(f"written: {picture.relative_to(ROOT)}")


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not shutil.which("wrk"):
        print("sportapp bench: wrk is not installed: apt-get install wrk", file=sys.stderr)
        return 1
    results = {"started": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "machine": report.machine(),
               "options": {name: str(value) for name, value in vars(options).items()}}
    options.disk.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=options.disk))
    try:
        measure(options, folder, results)
    except KeyboardInterrupt:
        print("\nsportapp bench: stopped as asked", file=sys.stderr)
        return 130
    except RuntimeError as failed:
        print(f"sportapp bench: {failed}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    write(options, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
