"""`sportapp experiment run --target`: load and judge against a backend that somebody else started."""
import flask_peer
from lab import result, run_scenario

SCENARIO = """title = "Against a service of another kind"
duration_s = 14
[steady]
seconds = 3
failed = 30
[load]
model = "open"
rate_per_s = 10
timeout_ms = 10000
[[fault]]
kind = "switchover"
target = "users"
at_s = 4
[[fault]]
kind = "poison"
at_s = 6
[expect]
failed = 0
failovers_at_least = 2
"""


def test_a_target_is_judged_by_what_its_clients_saw_and_by_its_lists(tmp_path):
    struck = tmp_path / "struck"
    with flask_peer.running(tmp_path / "data") as peer:
        done, out = run_scenario(tmp_path, SCENARIO, "--target", peer.url, "--label", "flask",
                                 "--fault-command", f"switchover=touch {struck}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert struck.exists(), "a fault upon a target is a command of its owner's"
    seen = result(out, "target-1")
    assert seen["subject"] == peer.url and seen["label"] == "flask"
    assert [fault["kind"] for fault in seen["faults"]] == ["command", "poison"]
    assert seen["counts"]["acknowledged"] > 10 and seen["counts"]["failed"] > 10
    broken = {one["what"] for one in seen["verdict"]["broken"]}
    assert "failed" in broken and "failovers" not in broken, "a target has no monitor of ours to ask"
    assert seen["doubled"]["count"] == 0
