"""`sportapp experiment` as a whole: it tells the tactics apart, is repeatable, and leaves nothing behind."""
import json
import signal
from pathlib import Path

import pytest

import processes
from lab import CRASH, FAILING, LASTING, SEEDED, Started, experiment, result, run_scenario, struck
from sportapp import ROOT

BAD = sorted((ROOT / "tests/fixtures/scenarios/bad").glob("*.toml"))


@pytest.fixture(scope="module", name="crash")
def crash_with_and_without_tactics(tmp_path_factory):
    return run_scenario(tmp_path_factory.mktemp("crash"), CRASH, "--tactics", "none,masked")


def test_with_all_tactics_no_client_sees_the_failures(crash):
    done, out = crash
    assert done.returncode == 0, done.stdout + done.stderr
    masked = result(out)
    assert masked["verdict"]["pass"] and not masked["verdict"]["broken"]
    assert masked["counts"]["failed"] == 0 and masked["counts"]["poison"] == 1
    assert masked["counts"]["acknowledged"] > 500
    assert [fault["kind"] for fault in masked["faults"]] == ["kill", "poison"]
    assert any(event["rule"] == "M6" for event in masked["events"])
    assert masked["growth"] and masked["growth"][0]["memory_mib"] > 0
    assert masked["repeat"].endswith("--seed 3 --tactics masked")
    assert not (out / "masked-1/data").exists(), "the data is kept only where it is asked for"


def test_without_tactics_the_same_faults_lose_requests(crash):
    done, out = crash
    bare = result(out, "none-1")
    assert not bare["verdict"]["pass"]
    assert bare["counts"]["failed"] > 100
    assert bare["lost"]["count"] == 0 and bare["doubled"]["count"] == 0
    assert "expected to lose" in done.stdout


def test_there_is_one_report_of_both(crash):
    _, out = crash
    report = json.loads((out / "report.json").read_text())
    assert sorted(one["label"] for one in report["results"]) == ["masked", "none"]
    assert "masked" in (out / "report.md").read_text()


def test_alone_a_level_that_loses_fails(tmp_path):
    done, out = run_scenario(tmp_path, CRASH, "--tactics", "none", "--duration", "8", "--keep-data")
    assert done.returncode == 1, done.stdout + done.stderr
    assert result(out, "none-1")["counts"]["failed"] > 0
    again = experiment("judge", out / "none-1")
    assert again.returncode == 1, again.stderr
    assert "FAIL" in again.stdout


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_is_told_and_starts_nothing(file: Path, tmp_path):
    out = tmp_path / "out"
    done = experiment("run", file, "--out", out)
    assert done.returncode == 2
    assert f"{file}:{file.read_text().splitlines()[0][2:]}" in done.stderr
    assert not out.exists()


@pytest.mark.parametrize("arguments, said", [
    (("no-such",), "known: "),
    (("/",), "is a folder"),
    (("crash", "--seed", "-1"), "--seed"),
    (("crash", "--no-such"), "See: sportapp experiment run --help"),
    (("crash", "--tactics", "hot"), "none, restart, cold, warm, masked"),
    (("crash", "--target", "http://10.1.2.3:80"), "loopback"),
    (("crash", "--target", "http://127.0.0.1:9"), "--fault-command kill=COMMAND"),
    (("crash", "--fault-command", "kill=true"), "belongs to --target"),
    (("crash", "--duration", "2"), "steady state"),
    (("crash", "--target", "http://127.0.0.1:9", "--fault-command", "murder=true"), "KIND=COMMAND"),
])
def test_wrong_use_is_told_and_starts_nothing(arguments, said, tmp_path):
    out = tmp_path / "out"
    done = experiment("run", *arguments, "--out", out)
    assert done.returncode == 2
    assert said in done.stderr
    assert not out.exists()


def test_a_target_where_nobody_listens_is_told_at_once(tmp_path):
    done = experiment("run", "crash", "--target", "http://127.0.0.1:9", "--fault-command", "kill=true",
                      "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "http://127.0.0.1:9 does not answer" in done.stderr and "steady" not in done.stderr


def test_results_are_not_mixed_with_others(tmp_path):
    (tmp_path / "other").write_text("")
    done = experiment("run", "crash", "--out", tmp_path)
    assert done.returncode == 2 and "--out" in done.stderr


def test_a_fault_that_went_wrong_is_no_pass(tmp_path):
    done, out = run_scenario(tmp_path, FAILING)
    assert done.returncode == 1, done.stdout + done.stderr
    assert [one["what"] for one in result(out)["verdict"]["broken"]] == ["faults"]
    assert "ended with status 3" in done.stdout


def test_ready_scenarios_are_listed_and_right():
    listed = experiment("list")
    names = [line.split()[0] for line in listed.stdout.splitlines()]
    assert names == sorted(file.stem for file in (ROOT / "experiment/scenarios").glob("*.toml"))
    checked = experiment("check")
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count(": right; ") == len(names)


def test_a_seed_is_a_schedule():
    one, same, other = (experiment("check", "storm", "--schedule", "--seed", seed).stdout for seed in (7, 7, 8))
    assert one == same != other


def test_a_seed_brings_the_same_faults(tmp_path):
    seen = []
    for _ in range(2):
        done, out = run_scenario(tmp_path, SEEDED, "--seed", "9")
        assert done.returncode == 0, done.stdout + done.stderr
        seen.append([(fault["number"], fault["kind"], fault["target"]) for fault in struck(out / "masked-1")])
    assert seen[0] == seen[1] and len(seen[0]) >= 4


def left(members, started: Started) -> list:
    return processes.still_alive(members, 60) + processes.naming(str(started.run))


def test_ctrl_c_heals_and_ends_everything(tmp_path):
    started = Started(tmp_path, LASTING)
    started.wait_struck(2)
    members = started.members()
    assert len(members) > 10, "lab, fault agent and an instance"
    started.kill(signal.SIGINT)
    assert started.wait_end() == 3
    assert "interrupted" in started.said.read_text()
    assert not left(members, started)
    assert not (started.run / "injected.json").exists()


def test_when_the_lab_is_killed_all_is_healed_and_ended(tmp_path):
    started = Started(tmp_path, LASTING)
    started.wait_struck(2)
    members = started.members()
    started.kill()
    started.wait_end()
    assert not left(members, started)
    healed = experiment("heal", started.out)
    assert healed.returncode == 0, healed.stderr
