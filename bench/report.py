"""The table."""
import os
import platform
import subprocess
from pathlib import Path

from instance import ROOT

LOAD_HEADER = "  connections        per s   p50 ms   p99 ms  p99.9 ms   not 2xx  socket errors"

HEADERLESS = ("Floor: plain", "Processor time", "Projection", "Resident", "Preloading", "Orders", "A node that comes back",
              "The primary is killed")


def heading(text: str) -> str:
    header = "" if text.startswith(HEADERLESS) else "\n" + LOAD_HEADER
    if text.startswith("This build"):
        header = header.replace("\n", "\n" + " " * 7)
    if text.startswith(("Registrations by spares", "Registrations, or")):
        header = header.replace("\n", "\n" + " " * 10)
    if text.startswith("Registrations") and not text.startswith("Registrations, or"):
        header += "   commits/s  commands/commit  commit p50/p99 ms"
    return f"\n{text}{header}"


def load_row(run: dict) -> str:
    errors = run["socket_errors"] + run["timeouts"]
    return (f"  {run['connections']:11,}  {run['per_s']:11,.0f}  {run['p50_ms']:7.2f}  {run['p99_ms']:7.2f}"
            f"  {run['p999_ms']:8.2f}  {run['not_2xx']:8,}  {errors:13,}")


def commit_columns(commits: dict) -> str:
    return (f"  {commits['per_s']:10,.0f}  {commits['commands_mean']:15.1f}"
            f"  {commits['p50_ms']:9.2f}/{commits['p99_ms']:.2f}")


def peers_table(medians: dict) -> str:
    lines = ["  medians     connections        per s   p50 ms   p99 ms"]
    for (name, count), of in sorted(medians.items(), key=lambda one: one[0][1]):
        lines.append(f"  {name:10}  {count:11,}  {of['per_s']:11,.0f}  {of['p50_ms']:7.2f}  {of['p99_ms']:7.2f}")
    return "\n".join(lines)


def cost_table(runs: list) -> str:
    """A column for each count of connections, the dearest process of the last one first."""
    def row(name: str, values) -> str:
        return f"  {name:24}" + "".join(f"  {value:>9}" for value in values)

    names = list(runs[-1]["cost_us"])
    lines = [row("connections", (f"{run['connections']:,}" for run in runs))]
    lines += [row(name, (f"{run['cost_us'].get(name, 0.0):.1f}" for run in runs)) for name in names]
    return "\n".join(lines + [row("all", (f"{sum(run['cost_us'].values()):.1f}" for run in runs))])


def sqlite_table(rows: list) -> str:
    lines = ["  rows/commit        rows/s    commits/s   p50 ms   p99 ms"]
    for row in rows:
        lines.append(f"  {row['batch']:11,}  {row['rows_per_s']:12,.0f}  {row['commits_per_s']:11,.0f}"
                     f"  {row['commit_p50_ms']:7.2f}  {row['commit_p99_ms']:7.2f}")
    return "\n".join(lines)


def lag_lines(lag: dict) -> str:
    lines = [f"  import: {lag['imported']}"]
    for name, seen in lag.items():
        if name != "imported":
            lines.append(f"  {name}: p50 {seen['p50_ms']:.1f} ms, p99 {seen['p99_ms']:.1f} ms, "
                         f"{seen['transactions']:,} transactions")
    return "\n".join(lines)


def orders_lines(run: dict) -> str:
    lines = [f"  {run['per_s']:,.0f} orders/s, {run['failures']} not answered 200, {run['never_completed']} never completed"]
    lines += [f"  until {what:10} p50 {run[what]['p50']:6.1f} ms   p99 {run[what]['p99']:6.1f} ms   max {run[what]['max']:6.1f} ms"
              for what in ("answered", "completed")]
    return "\n".join(lines + [f"  {text}" for text in run["failure"]])


def latency(seen: dict) -> str:
    return f"p50 {seen['p50_ms']:.1f} ms, p99 {seen['p99_ms']:.1f} ms, max {seen['max_ms']:.1f} ms of {seen['count']:,} commands"


def memory_table(rows: list) -> str:
    return "\n".join(f"  {row['name']:24}  {row['resident_kib'] / 1024:7.1f} MiB" for row in rows)


def machine() -> dict:
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "")
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "commit": commit.stdout.strip()}
