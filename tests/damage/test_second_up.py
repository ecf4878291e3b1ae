"""One instance a data folder, whatever a cleaner of temporary files took away."""
from sportapp import free_port, run_cli

RUNS_ALREADY = 3


def settings_of(app) -> dict:
    return {file: file.read_bytes() for file in (app.data / "config").rglob("*") if file.is_file()}


def test_a_second_start_touches_nothing_though_the_lock_file_is_gone(new_instance):
    app = new_instance()
    app.up()
    before, pids = settings_of(app), {name: info.pid for name, info in app.status().items()}
    (app.data / "run" / "supervisor.lock").unlink(missing_ok=True)
    second = run_cli("up", "--detach", "--data", app.data, "--port", free_port(), "--ready-timeout", 10)
    assert second.returncode == RUNS_ALREADY, f"{second.returncode} {second.stdout}{second.stderr}"
    assert settings_of(app) == before
    for _ in range(5):
        app.registered()
    assert {name: info.pid for name, info in app.status().items()} == pids
    app.done("down")
    assert not app.left_behind(), "a second instance"
