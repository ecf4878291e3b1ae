"""`sportapp config`: mistakes of a settings file are told where they are, and what it shows is a settings file."""
import re

import pytest

from sportapp import ROOT, run_cli

EXAMPLES = (ROOT / "deploy/sportapp.toml", ROOT / "deploy/compose/sportapp.toml")
BAD = sorted((ROOT / "tests/fixtures/settings/bad").glob("*.toml"))


def check(*arguments):
    return run_cli("config", "check", *arguments)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_what_is_given_with_it_is_right(file):
    done = check(file)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{file}: right" in done.stdout


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_mistake_is_told_with_file_line_and_reason(file):
    line, words = re.match(r"# line (\d+):(.*)\n", file.read_text()).groups()
    done = check(file)
    assert done.returncode == 1 and done.stdout == ""
    told = re.search(rf"^{re.escape(str(file))}:{line}: (.+)$", done.stderr, re.MULTILINE)
    assert told and words.strip() in told[1], done.stderr
    assert "terminate" not in done.stderr


def test_there_are_enough_mistakes():
    assert len(BAD) >= 20


def test_bytes_that_are_no_text_are_told(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_bytes(b'[gateway]\nhost = "\xff\xfe"\n')
    done = check(file)
    assert done.returncode == 1
    assert f"{file}:2: " in done.stderr


def test_every_mistake_of_a_file_is_told_in_its_order(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text('[gateway]\nprot = 1\nport = 0\n[limits]\nbody_bytes = "x"\n')
    done = check(file)
    assert [line.split(": ")[0] for line in done.stderr.splitlines()][:3] == [f"{file}:{line}" for line in (2, 3, 5)]
    assert "has 3 mistakes" in done.stderr


def test_what_check_refuses_up_refuses_with_the_same_words(tmp_path):
    file = tmp_path / "data" / "sportapp.toml"
    file.parent.mkdir()
    file.write_text("[services]\nspares = 3\n")
    told = check("--data", file.parent)
    refused = run_cli("up", "--detach", "--data", file.parent)
    assert (told.returncode, refused.returncode) == (1, 1)
    assert told.stderr.splitlines()[0] in refused.stderr


@pytest.mark.parametrize("text, words", [('[network.addresses]\nusers-commands-z = "10.0.0.1"\n', "users-commands-z"),
                                         ("[network]\nfirst_port = 65530\n", "first_port")])
def test_what_only_run_refuses_is_a_mistake_too(text, words, tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text(text)
    done = check(file)
    assert done.returncode == 1
    assert str(file) in done.stderr and words in done.stderr


def test_what_makes_little_sense_is_a_warning(tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text('[gateway]\nhost = "0.0.0.0"\ncommands_timeout_ms = 1000\n')
    done = check(file)
    assert done.returncode == 0
    assert [line.partition(" ")[0] for line in done.stderr.splitlines()] == ["warning:"]
    assert "commands_timeout_ms" in done.stderr and "with warnings" in done.stdout


def test_without_a_file_there_are_the_defaults(tmp_path):
    done = check("--data", tmp_path)
    assert done.returncode == 0
    assert "default" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["check", "no-such-file.toml"], ["check", "."], ["check", "--fast"], ["chekc"],
                                       ["show", "no-such-file.toml"]])
def test_a_wrong_command_line_has_status_2(arguments, tmp_path):
    done = run_cli("config", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip()


def test_what_is_shown_is_a_settings_file_with_every_key(tmp_path):
    file, shown = tmp_path / "mine.toml", tmp_path / "shown.toml"
    file.write_text("[gateway]\nport = 8080\n")
    done = run_cli("config", "show", file)
    assert done.returncode == 0
    assert "port = 8080" in done.stdout
    keys = re.findall(r"^\w+(?= =)", EXAMPLES[0].read_text(), re.MULTILINE)
    assert [key for key in keys if not re.search(rf"^{key} = ", done.stdout, re.MULTILINE)] == []
    shown.write_text(done.stdout)
    again = run_cli("config", "show", shown)
    assert again.stdout.splitlines()[1:] == done.stdout.splitlines()[1:]


@pytest.mark.parametrize("command", ["check", "show", "list"])
def test_each_helps_with_examples(command):
    done = run_cli("config", command, "--help")
    assert done.returncode == 0
    assert f"sportapp config {command}" in done.stdout and "Examples:" in done.stdout


def test_the_list_is_that_of_the_document():
    done = run_cli("config", "list", "--markdown")
    assert done.returncode == 0
    page = (ROOT / "docs" / "configuration.md").read_text()
    assert done.stdout in page, "docs/configuration.md: put the output of `sportapp config list --markdown` into it"


def test_the_list_tells_default_bounds_and_meaning():
    done = run_cli("config", "list")
    assert done.returncode == 0
    assert re.search(r"^port = 5000  # 1 to 65535; also --port of up\n    its port; taken by another", done.stdout, re.MULTILINE)
    assert not re.search(r"[`*]|\]\(", done.stdout), "marks of Markdown"
