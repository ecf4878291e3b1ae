"""The Debian package on a machine with systemd, as docs/systemd.md has it: installed, started, hurt, upgraded, removed.

The tests are the steps of one machine's life and run in their order."""
import json
import os
import re
import time

import pytest

import test_docs
from commands import needed
from sportapp import NAMES, ROOT, SERVICE_PROCESSES
from systemd_machine import Machine
from waiting import until

DOCUMENT = (ROOT / "docs/systemd.md").read_text()
UNITS = {f"sportapp@{name}.service" for name in (*SERVICE_PROCESSES, "redis", "monitor", "gateway")}
INSTALL = "dpkg -i /srv/sportapp.deb"
ADD = "curl -s -m 20 -w '\\n%{http_code}' http://localhost:5000/api-commands/users -H 'Content-Type: application/json' -d "


@pytest.fixture(scope="module")
def machine(package, tmp_path_factory):
    for program in ("unshare", "nsenter", "pivot_root"):
        needed(program)
    if os.geteuid() != 0:
        pytest.skip("NOT CHECKED: a machine in name spaces needs root")
    one = Machine(tmp_path_factory.mktemp("machine"), package)
    try:
        one.boot()
        yield one
    finally:
        one.cut_power()


def states(machine):
    """ActiveState of every unit of SportApp that there is, by name."""
    lines = machine.ask("systemctl list-units --all --plain --no-legend 'sportapp@*'").splitlines()
    return {line.split()[0]: line.split()[2] for line in lines}


def shown(machine, unit, name):
    return machine.must(f"systemctl show -p {name} --value sportapp@{unit}")


def wait_healthy(machine, port=5000):
    until("it serves", lambda: '"status":"ok"' in machine.ask(f"curl -s -m 5 http://localhost:{port}/health"), 60, every_s=0.2)


def registered(machine, name):
    body, _, status = machine.ask(ADD + f"""'{{"username":"{name}"}}'""").rpartition("\n")
    assert status == "200", body
    return json.loads(body)["id"]


def primary_of_users(machine):
    said = machine.must("sportapp status --data /var/lib/sportapp")
    return "users-commands-" + re.search(r"^users: primary (\w)", said, re.MULTILINE)[1]


def wait_in_sync(machine):
    until("both nodes of users are in sync", lambda: re.search(
        r"^users: primary \w,.* in sync: (a, b|b, a)$", machine.ask("sportapp status --data /var/lib/sportapp"), re.MULTILINE),
        30, every_s=0.2)


def test_installing_starts_nothing(machine):
    said = machine.must(INSTALL)
    assert "systemctl enable --now sportapp.target" in said
    assert states(machine) == {}
    assert machine.must("stat -c '%U %a' /var/lib/sportapp") == "sportapp 700"


def test_the_target_starts_everything(machine):
    machine.must("systemctl enable --now sportapp.target")
    assert states(machine) == dict.fromkeys(UNITS, "active")
    wait_healthy(machine)
    assert registered(machine, "ana") == 1


def test_no_process_has_a_privilege(machine):
    pids = machine.must("pgrep -u sportapp").split()
    assert len(pids) > 2 * len(UNITS)
    for pid in pids:
        status = dict(re.findall(r"^(\w+):\s+(\S+)", machine.ask(f"cat /proc/{pid}/status"), re.MULTILINE))
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        assert (int(status["CapEff"], 16), int(status["CapBnd"], 16)) == (0, 0)
    for place in ("/etc", "/usr", "/srv", "/var"):
        assert machine.sh(f"nsenter -t {shown(machine, 'gateway', 'MainPID')} -m touch {place}/x").returncode != 0


@pytest.mark.parametrize("victim", ["the process", "its supervisor"])
def test_what_is_killed_is_masked_and_comes_back(machine, victim):
    wait_in_sync(machine)
    unit = primary_of_users(machine)
    supervisor = shown(machine, unit, "MainPID")
    child = machine.must(f"pgrep -P {supervisor}")
    machine.must(f"kill -9 {child if victim == 'the process' else supervisor}")
    registered(machine, f"after-{victim}")
    until("another runs", lambda: machine.ask(f"pgrep -P {shown(machine, unit, 'MainPID')}") not in ("", child), 30)
    assert (shown(machine, unit, "MainPID") == supervisor) == (victim == "the process")
    wait_in_sync(machine)


def test_a_supervisor_that_hangs_is_replaced(machine):
    pid = shown(machine, "users-queries-1", "MainPID")
    machine.must(f"kill -STOP {pid}")
    until("systemd replaced it", lambda: shown(machine, "users-queries-1", "MainPID") not in ("0", pid), 40, every_s=0.5)
    wait_healthy(machine)


def test_wrong_settings_are_told_and_not_tried_for_ever(machine):
    file = "/etc/sportapp/sportapp.toml"
    machine.must(f"sed -i 's/^spares = 1/spares = 7/' {file}")
    assert machine.sh("systemctl restart sportapp@orders-queries-2").returncode != 0
    assert [shown(machine, "orders-queries-2", name) for name in ("ActiveState", "NRestarts")] == ["failed", "0"]
    assert re.search(rf"{file}:\d+: 'spares'", machine.ask("journalctl -u sportapp@orders-queries-2 -n 20"))
    machine.must(f"sed -i 's/^spares = 7/spares = 1/' {file}; systemctl start sportapp.target")
    wait_healthy(machine)


def test_an_upgrade_as_documented_is_seen_by_no_client(machine):
    wait_in_sync(machine)
    (steps,) = [text for _, text in test_docs.FENCE.findall(DOCUMENT) if "for service in" in text]
    steps = re.sub(r"^sudo apt-get install .*$", INSTALL, steps, flags=re.MULTILINE).replace("sudo ", "")
    assert set(re.search(r"for service in (.*); do", steps)[1].split()) == set(NAMES)
    before = {unit: shown(machine, unit.removeprefix("sportapp@"), "MainPID") for unit in UNITS}
    machine.must(f"""(until [ -e /tmp/stop ]; do n=$((n + 1)); {ADD} '{{"username":"up-'$n'"}}' | tail -n 1
      curl -s -o /dev/null -w '\\n%{{http_code}}\\n' http://localhost:5000/api-queries/users/1; done >/tmp/load) & sleep 1
      trap 'touch /tmp/stop; wait' EXIT; set -e; {steps}""", 300)
    answers = machine.must("rm /tmp/stop; cat /tmp/load").split()
    assert len(answers) > 20 and set(answers) == {"200"}
    after = {unit: shown(machine, unit.removeprefix("sportapp@"), "MainPID") for unit in UNITS}
    assert {unit for unit in UNITS if before[unit] == after[unit]} == {"sportapp@gateway.service"}


def test_it_comes_back_after_a_power_cut(machine):
    number = registered(machine, "before-the-cut")
    machine.cut_power()
    machine.boot()
    wait_healthy(machine)
    said = machine.must(f"curl -s http://localhost:5000/api-queries/users/{number} -H 'Sportapp-Position: users={number}'")
    assert json.loads(said)["username"] == "before-the-cut"
    assert states(machine) == dict.fromkeys(UNITS, "active")
    machine.must("sportapp verify --data /var/lib/sportapp")


def test_a_port_below_1024_takes_the_documented_drop_in(machine):
    (text,) = [text for mark, text in test_docs.FENCE.findall(DOCUMENT) if mark == "ini"]
    folder = "/etc/systemd/system/sportapp@gateway.service.d"
    machine.must("systemctl disable --now nginx; sed -i 's/^port = 5000/port = 80/' /etc/sportapp/sportapp.toml")
    machine.sh("timeout 5 systemctl restart sportapp@gateway")
    assert "Permission denied" in machine.ask("journalctl -u sportapp@gateway -n 20")
    machine.must(f"mkdir -p {folder}; printf '%s' '{text}' >{folder}/override.conf; systemctl daemon-reload")
    machine.must("systemctl restart sportapp@gateway")
    wait_healthy(machine, 80)


def test_removing_keeps_the_data_and_purging_does_not(machine):
    began = time.monotonic()
    machine.must("dpkg --remove sportapp")
    assert time.monotonic() - began < 60
    assert machine.ask("pgrep -u sportapp") == ""
    assert set(states(machine).values()) <= {"inactive"}
    machine.must("test -e /var/lib/sportapp/users-commands-a/journal.db && test -e /etc/sportapp/sportapp.toml")
    machine.must(f"{INSTALL} && systemctl start sportapp.target")
    wait_healthy(machine, 80)
    machine.must("dpkg --purge sportapp")
    for path in ("/var/lib/sportapp", "/etc/sportapp", "/usr/lib/sportapp", "/usr/bin/sportapp"):
        assert machine.sh(f"test -e {path}").returncode != 0, path
