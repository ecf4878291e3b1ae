"""docker-compose.yml, its settings and its Dockerfile fit each other and the program; without Docker. tests/containers runs them."""
import tomllib

import pytest
import yaml

from sportapp import NAMES, ROOT, run_cli

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SETTINGS_FILE = ROOT / "deploy/compose/sportapp.toml"
SETTINGS = tomllib.loads(SETTINGS_FILE.read_text())
SERVICES = COMPOSE["services"]
PROCESSES = {name: service for name, service in SERVICES.items() if name not in ("key", "tools")}
DATA = "/var/lib/sportapp"


def mounts_of(service) -> dict:
    """path in the container -> (what, mode)"""
    parts = [volume.split(":") for volume in service["volumes"]]
    return {part[1]: (part[0], part[2] if len(part) > 2 else "rw") for part in parts}


def test_there_is_a_container_for_each_process_and_no_other():
    done = run_cli("run", "--list", "--config", SETTINGS_FILE)
    assert done.returncode == 0, done.stderr
    assert list(PROCESSES) == done.stdout.split()


def test_addresses_are_those_of_the_settings():
    addresses = {name: service["networks"]["inside"]["ipv4_address"] for name, service in PROCESSES.items()}
    assert addresses == SETTINGS["network"]["addresses"]
    assert len(set(addresses.values())) == len(addresses)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_container_runs_its_process_on_a_volume_of_its_own(name):
    service, mounts = PROCESSES[name], mounts_of(PROCESSES[name])
    assert service["hostname"] == name, "by it the health check knows what to ask"
    assert service["command"] == f"run {name} --config /etc/sportapp/sportapp.toml"
    assert mounts["/etc/sportapp/sportapp.toml"] == ("./deploy/compose/sportapp.toml", "ro")
    assert mounts[str(SETTINGS["network"]["key_file"]).rsplit("/", 1)[0]] == ("cluster-key", "ro")
    assert mounts[f"{DATA}/{name}"] == (name, "rw") and name in COMPOSE["volumes"]
    of_service = name.split("-")[0]
    in_hand = mounts.get(f"{DATA}/run/in-hand")
    assert in_hand == ((f"{of_service}-in-hand", "rw") if "-commands-" in name else None)


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_may_do_little(name):
    service = SERVICES[name]
    assert service["user"] == "10001:10001" and service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"] and service["pids_limit"] and service["logging"]["options"]["max-size"]
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "environment", "env_file"} & set(service)


def test_only_the_gateway_has_a_port_and_a_way_out():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["gateway"]
    assert [name for name, service in SERVICES.items() if "outside" in service.get("networks", {})] == ["gateway"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["gateway"]["ports"][0].startswith("${SPORTAPP_ADDRESS:-127.0.0.1}:")
    assert "docker.sock" not in (ROOT / "docker-compose.yml").read_text()


def test_tools_see_all_data():
    data = {what for place, (what, _) in mounts_of(SERVICES["tools"]).items() if place.startswith(DATA)}
    assert data == set(PROCESSES)
    assert SERVICES["tools"]["profiles"] == ["tools"]


def test_the_key_is_made_before_anything_starts():
    for name, service in PROCESSES.items():
        assert service["depends_on"] == {"key": {"condition": "service_completed_successfully"}}, name
    assert SERVICES["key"]["command"] == f"key {SETTINGS['network']['key_file']}"


def test_redis_may_use_what_its_settings_let_it():
    limit = int(SERVICES["redis"]["mem_limit"].removesuffix("m"))
    assert limit > SETTINGS.get("redis", {}).get("memory_mb", 256)


def test_every_service_is_in_it():
    assert {name.split("-")[0] for name in PROCESSES} == {*NAMES, "redis", "monitor", "gateway"}
