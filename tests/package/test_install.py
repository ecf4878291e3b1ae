"""`cmake --install`: what running needs is there and works, and nothing that belongs to tests or the lab."""
import os
import subprocess

import sportapp

SERVICES = [f"{name}-{side}" for name in sportapp.NAMES for side in ("commands", "queries")]


def test_the_programs_lie_together_and_no_other(installed):
    names = [path.name for path in (installed / "usr/lib/sportapp").iterdir()]
    assert sorted(names) == sorted(["sportapp", "monitor", *SERVICES])
    assert [path.name for path in (installed / "usr/bin").iterdir()] == ["sportapp"]


def test_the_tree_may_be_moved(installed):
    link = installed / "usr/bin/sportapp"
    assert os.readlink(link) == "../lib/sportapp/sportapp"
    done = subprocess.run([str(link), "version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()[0]) == (0, "sportapp")


def test_settings_and_documents_come_along(installed):
    share = installed / "usr/share"
    assert (share / "sportapp/sportapp.toml").read_bytes() == (sportapp.ROOT / "deploy/sportapp.toml").read_bytes()
    for name in ("README.md", "README.es.md", "docs/configuration.md"):
        assert (share / "doc/sportapp" / name).read_bytes() == (sportapp.ROOT / name).read_bytes()


def test_what_is_installed_serves(installed, tmp_path, monkeypatch):
    monkeypatch.setenv("SPORTAPP_BIN", str(installed / "usr/bin"))
    with sportapp.running(tmp_path / "data") as instance:
        made = instance.registered(sportapp.unique())
        assert instance.get(made.headers["Location"], headers={"Sportapp-Position": "users=1"}).status_code == 200
        for process, info in instance.status().items():
            if process in sportapp.SERVICE_PROCESSES:
                assert os.readlink(f"/proc/{info.pid}/exe").startswith(str(installed)), process
