"""Faults upon containers under load: no request fails, nothing is lost or doubled, and the files are in order afterwards.

SPORTAPP_LONG=1 has 20 kills, 10 pauses, 5 disconnections, 3 removals, an upgrade and the class's scenario, and prints the outages."""
import json
import re
import statistics
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from docker_daemon import CLIENT
from lab import experiment
from sportapp import ROOT
from stack import FILE, LABEL, NAMES, PROJECT

HEAD = """title = "{title}"
duration_s = {duration_s}
seed = 7
[steady]
seconds = 4
[load]
model = "open"
rate_per_s = {rate}
timeout_ms = 10000
mix = {{register = 5, read = 3, list = 1}}
[expect]
failed = 0
requests_at_least = 1000
"""
RATE = 100
ADDRESSES = tomllib.loads((ROOT / "deploy/compose/sportapp.toml").read_text())["network"]["addresses"]
PRIMARY = "users-commands-a"  # it takes its place back after each fault


class Kind(NamedTuple):
    """What an operator or a defect does to a container, by sh; N is the process, C its container, A its address, M the
    monitor's container."""
    inject: str
    apart_s: int  # from one to the next: all is well again, and the preferred node primary
    heal: str = ""
    lasts_ms: int = 0


# Two faults at once are more than a pair of nodes masks, and a busy machine takes its time for a spare to come back.
REDUNDANT = """import json, sys
services = json.load(sys.stdin)["services"]
sys.exit(any(len(service["in_sync"]) < 2 for service in services))"""
WHEN_REDUNDANT = (f"until docker exec M sportapp status --json | {sys.executable} -c '{REDUNDANT}'; "
                  "do sleep 0.1; done; ")
COMPOSE = f"docker-compose --file {FILE} --project-name {PROJECT} up --detach --no-build --no-deps"
KINDS = {
    # The process; its supervisor starts it again.
    "kill": Kind("top=$(docker inspect --format '{{.State.Pid}}' C); kill -9 $(cat /proc/$top/task/*/children)", 8),
    # The first process of the container and so the whole of it; Docker starts it again.
    "kill-first": Kind("kill -9 $(docker inspect --format '{{.State.Pid}}' C)", 12),
    # These two longer than a client waits.
    "pause": Kind("docker pause C", 24, "docker unpause C", 12_000),
    "disconnect": Kind(f"docker network disconnect {PROJECT}_inside C", 24,
                       f"docker network connect --ip A --alias N {PROJECT}_inside C", 12_000),
    "remove": Kind("docker rm --force C", 25, f"{COMPOSE} N", 6000),
    # As somebody does who has a new image.
    "recreate": Kind(f"{COMPOSE} --force-recreate N", 20),
}


def container(name: str) -> str:
    return f"$(docker ps --all --quiet --filter label={LABEL}.project={PROJECT} --filter label={LABEL}.service={name})"


def command(text: str, name: str) -> str:
    text = re.sub(r"\bM\b", container("monitor"), text)
    text = re.sub(r"\bA\b", ADDRESSES[name], re.sub(r"\bC\b", lambda _: container(name), text))
    return re.sub(r"\bN\b", name, text).replace("docker ", f"{CLIENT} ")


def scenario(title: str, faults) -> str:
    """`faults` are (kind, process), in their order."""
    texts, at_s = [], 5
    for kind, name in faults:
        inject = command(WHEN_REDUNDANT + KINDS[kind].inject, name)
        lines = [f'kind = "command"\ntarget = "{name}"\nat_s = {at_s}', f'inject = """{inject}"""']
        if KINDS[kind].heal:
            lines += [f'heal = """{command(KINDS[kind].heal, name)}"""', f"heal_after_ms = {KINDS[kind].lasts_ms}"]
        texts.append("\n".join(["[[fault]]", *lines, ""]))
        at_s += KINDS[kind].apart_s
    return HEAD.format(title=title, duration_s=at_s, rate=RATE) + "".join(texts)


def strike_all(stack, folder: Path, title: str, faults) -> dict:
    """The result of the run; nobody may have noticed anything but waiting."""
    stack.wait_redundant()
    before = epoch(stack)
    file = folder / f"{title.replace(' ', '-')}.toml"
    file.write_text(scenario(title, faults))
    seen = judged(stack, folder, file)
    assert len(seen["faults"]) == len(faults), seen["faults"]
    stack.wait_redundant()
    of_primary = sum(name == PRIMARY for _, name in faults)
    assert epoch(stack) >= before + of_primary, "a fault of the primary's has another one take over"
    return seen


def epoch(stack) -> int:
    return next(record["epoch"] for record in stack.told()["services"] if record["service"] == "users")


def judged(stack, folder: Path, what, *options) -> dict:
    out = folder / f"out-{Path(str(what)).stem}"
    done = experiment("run", what, "--target", stack.url, "--out", out, *options, within_s=1200, env=stack.environment)
    told = out / "target-1/result.json"
    seen = json.loads(told.read_text()) if told.exists() else {}
    # Why and when they failed first: a long message is cut.
    said = (f"{seen.get('failed_by')} {seen.get('timeline', {}).get('failed')}\n"
            f"{done.stdout}{done.stderr}{commands_said(out)}")
    assert done.returncode == 0, f"{said}\n{stack.logs()}"
    assert seen["counts"]["failed"] == seen["lost"]["count"] == seen["doubled"]["count"] == 0, said
    return seen


def commands_said(out: Path) -> str:
    log = out / "target-1/commands.log"
    return log.read_text() if log.exists() else ""


def show(kind: str, seen: dict):
    """A line of the table in docs/deployment.md."""
    silences = sorted(one["silence_ms"] for one in seen["outage_ms"]["each"])
    print(f"\n| {kind} | {len(silences)} | {seen['counts']['acknowledged']} | {seen['counts']['failed']} | {seen['lost']['count']} | "
          f"{seen['doubled']['count']} | {statistics.median(silences):.0f} | {silences[-1]:.0f} | {seen['latency_ms']['max']:.0f} |")


def verify(stack):
    """Every journal and read model, from a container that has all volumes, while the instance runs."""
    said = stack.compose("run", "--rm", "-T", "tools", "verify", "--data", "/var/lib/sportapp")
    assert ", 0 different, 0 unreadable" in said, said


def test_no_request_fails_whatever_happens_to_a_container(stack, tmp_path, long_mode):
    if long_mode:
        pytest.skip("the long form has more of each")
    show("each once", strike_all(stack, tmp_path, "each once", [
        ("kill", PRIMARY), ("pause", PRIMARY), ("disconnect", PRIMARY), ("remove", PRIMARY),
        ("kill-first", "users-queries-1")]))
    verify(stack)


@pytest.mark.parametrize("kind, count", [("kill", 20), ("pause", 10), ("disconnect", 5), ("remove", 3)])
def test_many_of_a_kind(stack, tmp_path, long_mode, kind, count):
    if not long_mode:
        pytest.skip("SPORTAPP_LONG=1 runs it")
    show(kind, strike_all(stack, tmp_path, kind, [(kind, PRIMARY)] * count))
    verify(stack)


def test_other_containers_than_the_primary(stack, tmp_path, long_mode):
    if not long_mode:
        pytest.skip("SPORTAPP_LONG=1 runs it")
    others = ("redis", "monitor", "users-commands-b", "users-queries-1")
    show("the others", strike_all(stack, tmp_path, "the others", [
        (kind, name) for name in others for kind in ("kill-first", "pause", "disconnect")]))
    verify(stack)


def test_an_upgrade_one_container_at_a_time(stack, tmp_path, long_mode):
    if not long_mode:
        pytest.skip("SPORTAPP_LONG=1 runs it")
    # The gateway has no second one: while it is recreated, nobody answers.
    names = [name for name in NAMES if name != "gateway"]
    show("recreate", strike_all(stack, tmp_path, "recreate", [("recreate", name) for name in names]))
    verify(stack)


def test_the_class_scenario(stack, tmp_path, long_mode):
    """Its two poisoned requests are two kills here: the programs of the image know no poison."""
    if not long_mode:
        pytest.skip("SPORTAPP_LONG=1 runs it")
    stack.wait_redundant()
    show("class", judged(stack, tmp_path, "class", "--fault-command", f"poison={command(KINDS['kill'].inject, PRIMARY)}"))
    verify(stack)
