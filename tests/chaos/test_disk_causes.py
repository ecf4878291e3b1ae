"""A disk that is full or read-only is told with its folder, in the same words everywhere: `status`, /health, the log."""
import itertools

from disks import fill, run
from sportapp import ALONE
from waiting import until

PRIMARY, SPARE = "users-commands-a", "users-commands-b"


def register_until(app, wanted, within_s: float = 60.0):
    """Registers on and on, whatever comes, until `wanted` gives something."""
    names = itertools.count()

    def step():
        app.register(f"wanted-{next(names)}", timeout=20)
        return wanted()
    return until("it is told", step, within_s)


def test_a_primarys_full_disk_is_told_by_status_and_health(disks, new_instance, tmp_path):
    data = tmp_path / "data"
    disks.tmpfs(data / PRIMARY, "32m")
    app = new_instance(data, ALONE)
    app.up()
    app.registered()
    filler = fill(data / PRIMARY)
    words = f"the disk of {data / PRIMARY} is full; free some space on it"

    def unserved():
        health = app.get("/health")
        return (health.status_code, health) if words in health.text else None

    code, health = register_until(app, unserved)
    assert code == 503
    assert words in health.json()["services"]["users"]["commands"], health.text
    register_until(app, lambda: words in app.done("status"))
    assert words in app.log(PRIMARY)
    filler.unlink()
    app.wait_healthy()


def test_a_spares_full_disk_makes_health_no_worse_but_is_told(disks, new_instance, tmp_path):
    data = tmp_path / "data"
    disks.tmpfs(data / SPARE, "32m")
    app = new_instance(data)
    app.up()
    app.registered()
    filler = fill(data / SPARE)
    words = f"the disk of {data / SPARE} is full; free some space on it"
    register_until(app, lambda: words in app.get("/health").json().get("degraded", {}).get("users", {}).get("commands", ""))
    assert app.get("/health").status_code == 200
    register_until(app, lambda: words in app.done("status"))
    filler.unlink()
    until("nothing is degraded", lambda: "degraded" not in app.get("/health").json(), 60)


def test_a_read_only_disk_is_told_as_such(disks, new_instance, tmp_path):
    data = tmp_path / "data"
    disks.loop(disks.image("96M", "mkfs.ext4", "-q"), data / PRIMARY)
    app = new_instance(data, ALONE)
    app.up()
    app.registered()
    run("mount", "-o", "remount,abort", data / PRIMARY)
    words = f"the disk of {data / PRIMARY} is read-only"
    register_until(app, lambda: words in app.get("/health").text)
    assert words in app.done("status")
