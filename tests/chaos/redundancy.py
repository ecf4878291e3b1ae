"""Who is primary, who is in sync, and whether everything is as redundant as it shall be: as `status` and monitor say."""
import json
import sqlite3
from typing import NamedTuple

from sportapp import NAMES, SERVING, nodes_of
from waiting import until

REDUNDANT_WITHIN_S = 120.0  # generous: programs with sanitizers, on a busy machine


class Nodes(NamedTuple):
    """The commands processes of one service, by `sportapp status --json`."""
    primary: object  # ProcessInfo
    spares: list


def nodes(app, service: str = "users") -> Nodes:
    """Asks again where nobody is primary, as it is for a moment while one node hands over to another."""
    def seen():
        found = [info for info in app.status().values() if info.service == service and info.side == "commands"]
        primaries = [info for info in found if info.role == "primary"]
        assert len(primaries) == 1, f"{service} has {len(primaries)} primaries: {found}"
        return Nodes(primaries[0], [info for info in found if info.role != "primary"])
    return until(f"{service} has a primary", seen)


def primary_now(app, service: str = "users"):
    return nodes(app, service).primary


def wait_no_fail_back_due(app, service: str = "users"):
    """The preferred node is primary: none takes its place back by itself soon."""
    until("the preferred node is primary", lambda: monitor_view(app)[service]["primary"] == "a", 90)


def monitor_view(app) -> dict:
    """service -> what the monitor says of it."""
    answer = app.direct("monitor", "/internal/failover", timeout=5)
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    return {view["service"]: view for view in answer.json()["services"]}


def why_not_redundant(app) -> str:
    """Empty when every process does its work and each service has its primary and all its spares in sync."""
    for name, info in app.status().items():
        if info.state not in SERVING or info.pid == 0:
            return f"{name} is {info.state}"
    views = monitor_view(app)
    for service in NAMES:
        view, all_nodes = views[service], {name.split("-")[-1] for name in nodes_of(service)}
        if set(view["in_sync"]) != all_nodes:
            return f"{service}: in sync are {view['in_sync']} of {sorted(all_nodes)}"
        roles = {node["node"]: node["role"] for node in view["nodes"] if node["alive"]}
        if roles != {name: "primary" if name == view["primary"] else "spare" for name in all_nodes}:
            return f"{service}: the nodes are {roles}, the record says {view['primary']} of epoch {view['epoch']}"
        if view["switchover"]:
            return f"{service}: a switchover is under way"
    return ""


def wait_redundant(app, within_s: float = REDUNDANT_WITHIN_S):
    last = ["it could not be asked"]

    def redundant():
        last[0] = why_not_redundant(app)
        return not last[0]

    try:
        until("everything is redundant again", redundant, within_s, every_s=0.1)
    except AssertionError as failed:
        raise AssertionError(f"{failed}; {last[0]}\n{app.log_tails()}") from None


def rows(app, name: str) -> list:
    """Every entry of the journal of the process of that name, with all its columns."""
    connection = sqlite3.connect(f"file:{app.data / name / 'journal.db'}?mode=ro", uri=True, timeout=30)
    try:
        return connection.execute("SELECT * FROM entries ORDER BY seq").fetchall()
    finally:
        connection.close()


def check_journals_equal(app, service: str = "users", within_s: float = 30.0):
    """Nothing is being written any more: every node has the same entries, byte by byte."""
    names = nodes_of(service)

    def equal():
        first, *others = [rows(app, name) for name in names]
        return all(other == first for other in others)

    until(f"the journals of {names} are equal", equal, within_s, every_s=0.5)


def events_of(app) -> list:
    """What the monitor decided, from its log of events; a line that it was killed in is no whole one."""
    file = app.data / "monitor" / "events.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
