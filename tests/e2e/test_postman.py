"""The Postman collection (tests/postman) does what it says against a live gateway, and leaves out no route."""
import json
import re
import subprocess

import pytest

import node_packages
import openapi
from sportapp import ROOT

FOLDER = ROOT / "tests" / "postman"
COLLECTION = FOLDER / "sportapp.postman_collection.json"


def requests_in(items) -> list:
    """Every request of the collection, folders or not."""
    return [found for item in items
            for found in (requests_in(item["item"]) if "item" in item else [item])]


REQUESTS = requests_in(json.loads(COLLECTION.read_text())["item"])


@pytest.fixture(scope="module")
def newman():
    """The program, installed by npm as the lock file says; skips, loudly, where that cannot be."""
    return node_packages.installed(FOLDER) / ".bin" / "newman"


def test_the_collection_passes_against_the_live_gateway(app, newman, tmp_path):
    report = tmp_path / "report.json"
    done = subprocess.run([str(newman), "run", str(COLLECTION), "--env-var", f"baseUrl={app.url}", "--delay-request", "20",
                           "--timeout-request", "30000", "--reporters", "cli,json", "--reporter-json-export", str(report),
                           "--color", "off"], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    run = json.loads(report.read_text())["run"]
    sent = {execution["item"]["name"] for execution in run["executions"]}
    assert sent == {item["name"] for item in REQUESTS}, "requests that were never sent"
    assert run["stats"]["assertions"]["total"] > len(REQUESTS)
    assert run["stats"]["assertions"]["failed"] == 0


def test_the_collection_and_the_openapi_document_have_the_same_routes():
    document = openapi.Document.load()
    asked = set()
    for item in REQUESTS:
        path = re.sub(r"\{\{\w+Id\}\}|999999999", "1", item["request"]["url"]["raw"].removeprefix("{{baseUrl}}"))
        route = document.route_of(path)
        if route and item["request"]["method"].lower() in document.content["paths"][route]:
            asked.add((item["request"]["method"], route))
    promised = {(method.upper(), route) for route, item in document.content["paths"].items()
                for method in openapi.METHODS & set(item) if method != "head"}
    assert asked == promised


def test_every_request_of_the_collection_checks_its_answer():
    for item in REQUESTS:
        tests = [line for event in item["event"] if event["listen"] == "test" for line in event["script"]["exec"]]
        assert any("pm.test(" in line for line in tests), item["name"]


def test_the_lock_file_says_what_to_install_but_not_from_where():
    node_packages.says_only_what(FOLDER / "package-lock.json")
