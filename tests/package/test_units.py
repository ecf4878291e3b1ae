"""The units of systemd: what systemd itself says of them, and that they are those of the processes there are."""
import re

import pytest

import sportapp
import test_docs
from commands import needed, run

EXPOSURE_MAX = 20  # tenths; systemd calls what is below 20 "ok"


@pytest.fixture
def units(installed, tmp_path):
    """A folder with them, as systemd would find them; the program's whole path, as it is not where systemd looks."""
    for file in (installed / "usr/lib/systemd/system").iterdir():
        text = file.read_text().replace("ExecStart=sportapp ", f"ExecStart={installed}/usr/bin/sportapp ")
        (tmp_path / file.name).write_text(text)
    return tmp_path


def wanted(folder):
    return re.findall(r"^Wants=sportapp@(\S+)\.service$", (folder / "sportapp.target").read_text(), re.MULTILINE)


def test_the_target_wants_every_process(units):
    names = run(sportapp.bin_dir() / "sportapp", "run", "--list").split()
    assert wanted(units) == names


def test_systemd_finds_no_mistake(units):
    analyze = needed("systemd-analyze")
    env = {"SYSTEMD_UNIT_PATH": f"{units}:", "PATH": "/usr/bin:/bin"}
    names = [f"sportapp@{name}.service" for name in wanted(units)]
    assert run(analyze, "verify", "--man=no", "sportapp.target", *names, env=env) == ""


def test_a_process_is_not_exposed(installed):
    said = run(needed("systemd-analyze"), "security", "--offline=yes", f"--root={installed}", f"--threshold={EXPOSURE_MAX}",
               "sportapp@gateway.service")
    assert "Overall exposure level" in said


def test_a_settings_mistake_does_not_restart_for_ever(units):
    unit = (units / "sportapp@.service").read_text()
    assert "Restart=always" in unit and "StartLimitIntervalSec=0" in unit
    done = sportapp.run_cli("run", "users-commands-z", "--data", units / "data")
    (status,) = re.findall(r"^RestartPreventExitStatus=(\d+)$", unit, re.MULTILINE)
    assert done.returncode == int(status)


def test_both_languages_show_the_same_commands_and_tables():
    texts = [(sportapp.ROOT / name).read_text() for name in ("docs/systemd.md", "docs/systemd.es.md")]
    fences = [[fence.groups() for fence in test_docs.FENCE.finditer(text)] for text in texts]
    assert fences[0] == fences[1] and fences[0]
    cells = [re.findall(r"^\|.*?(`.*`).*\|$", text, re.MULTILINE) for text in texts]
    assert cells[0] == cells[1] and cells[0]
    assert texts[0].count("\n## ") == texts[1].count("\n## ")
