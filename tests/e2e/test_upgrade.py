"""A newer version on the data of an older one."""
import json
import tarfile

import pytest

from sportapp import NAMES, ROOT, running

RELEASES = sorted((ROOT / "tests/fixtures").glob("instance-*.tar.xz"))


@pytest.fixture(scope="module", params=RELEASES, ids=lambda file: file.name)
def upgraded(request, tmp_path_factory):
    """An instance on the data of an earlier release, and what that release answered and showed."""
    data = tmp_path_factory.mktemp("upgraded") / "data"
    with tarfile.open(request.param) as archive:
        archive.extractall(data)
    with running(data) as app:
        yield app, json.loads((data / "expected.json").read_text())


def test_there_is_a_release_to_come_from():
    assert RELEASES


def test_everything_is_shown_as_it_was(upgraded):
    app, expected = upgraded
    for target, view in expected["views"].items():
        assert app.get(target).json() == view, target


def test_an_old_key_gets_its_old_answer_and_does_nothing(upgraded):
    app, expected = upgraded
    heads = {service: app.journal_head(service) for service in NAMES}
    for command in expected["commands"]:
        answer = app.post(command["body"], key=command["key"], path=command["path"], method=command["method"])
        assert (answer.status_code, answer.json()) == (command["status"], command["answer"]), command
    assert heads == {service: app.journal_head(service) for service in NAMES}


def test_it_goes_on_where_the_old_one_ended(upgraded):
    app, expected = upgraded
    users = [command["answer"]["id"] for command in expected["commands"]
             if command["path"].endswith("/users") and command["status"] == 200]
    assert app.registered().json()["id"] == max(users) + 1
    done = app.cli("verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert app.cli("rebuild", "orders").returncode == 0
    test_everything_is_shown_as_it_was(upgraded)
