"""Load by wrk, and what the services' own metrics say about it."""
import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMIT_SECONDS = "sportapp_commit_seconds"
COMMIT_COMMANDS = "sportapp_commit_batch_commands"
LAG_SECONDS = "sportapp_projection_lag_seconds"


def wrk(script: str, url: str, connections: int, seconds: int, *script_arguments: str) -> dict:
    """One run; latencies are wrk's, of a closed loop: each connection sends when it was answered."""
    command = ["wrk", "-t", str(min(2, connections)), "-c", str(connections), "-d", f"{seconds}s",
               "--timeout", "10s", "-s", str(HERE / f"{script}.lua"), url]
    if script_arguments:
        command += ["--", *script_arguments]
    environment = dict(os.environ, SPORTAPP_BENCH=str(HERE))
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, env=environment)
    lines = [line for line in done.stderr.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        raise RuntimeError(f"wrk failed: {(done.stdout + done.stderr).strip()[-500:]}")
    run = json.loads(lines[-1])
    run["connections"] = connections
    run["per_s"] = (run["requests"] - run["not_2xx"]) / run["seconds"]
    return run


def register(url: str, connections: int, seconds: int) -> dict:
    """New users, at the gateway `url`."""
    return wrk("register", url + "/api-commands/users", connections, seconds)


def sweep(options, one):
    """For each count of connections the run that is the median of its repeats by throughput."""
    for count in options.connections:
        runs = sorted((one(count) for _ in range(options.repeat)), key=lambda run: run["per_s"])
        median = runs[(len(runs) - 1) // 2]
        median["per_s_of_all"] = [round(run["per_s"]) for run in runs]
        yield median


def parse_metrics(text: str) -> dict:
    """Prometheus text -> {series with labels: value}."""
    series = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            series[name] = float(value)
    return series


def histogram(before: dict, after: dict, name: str) -> dict:
    """What a histogram gained between two readings, as {count, mean, p50, p99}; values in its own unit."""
    buckets = []
    for series, value in after.items():
        if series.startswith(f"{name}_bucket{{"):
            bound = series.split('le="')[1].split('"')[0]
            buckets.append((float(bound), value - before.get(series, 0)))
    buckets.sort()
    gained = {part: sum(value - before.get(series, 0) for series, value in after.items()
                        if series.split("{")[0] == f"{name}_{part}") for part in ("count", "sum")}
    if not buckets or gained["count"] == 0:
        return {"count": 0, "mean": 0.0, "p50": 0.0, "p99": 0.0}
    return {"count": int(gained["count"]), "mean": gained["sum"] / gained["count"],
            "p50": quantile(buckets, 0.5), "p99": quantile(buckets, 0.99)}


def quantile(buckets: list, part: float) -> float:
    """As Prometheus does: straight lines inside a bucket; buckets are (upper bound, count up to it)."""
    wanted = part * buckets[-1][1]
    below_bound, below_count = 0.0, 0.0
    for bound, count in buckets:
        if count >= wanted:
            if bound == float("inf") or count == below_count:
                return below_bound
            return below_bound + (bound - below_bound) * (wanted - below_count) / (count - below_count)
        below_bound, below_count = bound, count
    return below_bound


def commits(before: dict, after: dict, seconds: float) -> dict:
    taken = histogram(before, after, COMMIT_SECONDS)
    sizes = histogram(before, after, COMMIT_COMMANDS)
    return {"per_s": taken["count"] / seconds, "commands_mean": sizes["mean"],
            "p50_ms": taken["p50"] * 1000, "p99_ms": taken["p99"] * 1000}


def lag(before: dict, after: dict) -> dict:
    seen = histogram(before, after, LAG_SECONDS)
    if seen["count"] == 0:
        raise RuntimeError(f"the queries service measured no {LAG_SECONDS}")
    return {"transactions": seen["count"], "p50_ms": seen["p50"] * 1000, "p99_ms": seen["p99"] * 1000}
