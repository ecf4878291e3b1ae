"""The image: small, not root's, nothing in it that builds."""
import json

LARGEST_MIB = 120


def test_it_is_small(daemon, image):
    size = json.loads(daemon.docker("inspect", image))[0]["Size"] / 2**20
    print(f"image: {size:.1f} MiB")
    assert size < LARGEST_MIB, f"{size:.1f} MiB"


def test_it_knows_its_processes(daemon, image):
    listed = daemon.docker("run", "--rm", "--network", "none", image, "run", "--list").split()
    assert "users-commands-a" in listed and "gateway" in listed


def test_it_runs_as_a_user_without_rights_and_stops_on_sigterm(daemon, image):
    said = json.loads(daemon.docker("inspect", image))[0]["Config"]
    assert said["User"] == "10001:10001" and said["StopSignal"] == "SIGTERM"
    assert said["Entrypoint"] == ["sportapp"] and said["Cmd"] == ["help"]


def test_nothing_in_it_builds(daemon, image):
    found = daemon.docker("run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c",
                          "for tool in gcc g++ cc cmake ninja make python3 perl5.36 curl; do command -v $tool; done; "
                          "ls /var/lib/apt/lists; true")
    assert found == ""
