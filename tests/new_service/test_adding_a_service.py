"""docs/adding-a-service.md, followed to the letter in a copy of the tree: built, started, used, and its lines counted.

The copy stays in build/new-service, so that the next run compiles only what changed."""
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import sportapp
import test_docs

DOCUMENT = sportapp.ROOT / "docs" / "adding-a-service.md"
NAME = "plans"
FOLDER = f"src/domain/services/{NAME}/"
LINES_OUTSIDE_MAX = 5
BUILD_TIMEOUT_S = 1500


def blocks():
    """(words after the fence, text) of every block of the document."""
    return [(fence.group(1).split(), fence.group(2)) for fence in test_docs.FENCE.finditer(DOCUMENT.read_text())]


FILES = {words[1]: text for words, text in blocks() if len(words) == 2 and "/" in words[1]}
EDITS = [text for words, text in blocks() if words == ["diff"]]
EXAMPLES = list(test_docs.examples_in(DOCUMENT.read_text(), "try"))


def run(*command, cwd: Path, within_s: float = 120.0, stdin: str = ""):
    done = subprocess.run([str(part) for part in command], cwd=cwd, input=stdin, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=within_s, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout[-4000:]}"
    return done.stdout


def copy_tree(target: Path):
    """What git knows; a file that is the same keeps its time, one that is gone goes."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=sportapp.ROOT).split("\0")
    wanted = {name: (sportapp.ROOT / name).read_bytes() for name in listed if name and (sportapp.ROOT / name).is_file()}
    for old in (target / "src").rglob("*"):
        if old.is_file() and str(old.relative_to(target)) not in wanted and not str(old).startswith(str(target / FOLDER)):
            old.unlink()
    return wanted


def write_changed(target: Path, files: dict):
    for name, content in files.items():
        file = target / name
        if not (file.exists() and file.read_bytes() == content):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            shutil.copymode(sportapp.ROOT / name, file) if (sportapp.ROOT / name).exists() else None


def edited(files: dict, scratch: Path) -> dict:
    """The files that the document's diffs change, as they are after it."""
    changed = {}
    for edit in EDITS:
        name = re.search(r"^\+\+\+ b/(\S+)", edit, re.MULTILINE)[1]
        write_changed(scratch, {name: files[name]})
        run("git", "apply", "--unidiff-zero", "-", cwd=scratch, stdin=edit)
        changed[name] = (scratch / name).read_bytes()
    return changed


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The bin folder of the tree with the new service in it."""
    target = sportapp.ROOT / "build" / "new-service"
    files = copy_tree(target)
    files |= edited(files, tmp_path_factory.mktemp("edit"))
    files |= {name: text.encode() for name, text in FILES.items()}
    write_changed(target, files)
    preset = sportapp.bin_dir().parent.name
    run("cmake", "--preset", preset, cwd=target)
    run("cmake", "--build", "--preset", preset, "--target", "programs", f"{NAME}_test", cwd=target,
        within_s=BUILD_TIMEOUT_S)
    return target / "build" / preset / "bin"


def test_it_needs_few_lines_outside_its_folder():
    lines = [line for edit in EDITS for line in edit.splitlines() if re.match(r"[-+](?![-+]{2} )", line)]
    added = [line for line in lines if line.startswith("+")]
    print(f"{NAME}: {sum(text.count(chr(10)) for text in FILES.values())} lines in {FOLDER}, {len(added)} touched outside it")
    assert all(name.startswith(FOLDER) for name in FILES)
    assert 1 <= len(added) <= LINES_OUTSIDE_MAX


def test_its_own_tests_pass(programs):
    assert "[  PASSED  ] 2 tests" in run(programs / f"{NAME}_test", cwd=programs)


def test_it_is_installed_with_the_others(programs, tmp_path):
    run("cmake", "--install", programs.parent, "--prefix", tmp_path, cwd=programs)
    installed = {path.name for path in (tmp_path / "lib/sportapp").iterdir()}
    assert {f"{NAME}-commands", f"{NAME}-queries", "sportapp"} <= installed
    target = (tmp_path / "lib/systemd/system/sportapp.target").read_text()
    assert f"Wants=sportapp@{NAME}-commands-a.service\n" in target and f"sportapp@{NAME}-queries-2.service" in target


def test_it_starts_and_answers_as_the_document_shows(programs, tmp_path, monkeypatch):
    monkeypatch.setenv("SPORTAPP_BIN", str(programs))
    instance = sportapp.Instance(tmp_path / "data")
    folder = tmp_path / "folder"
    folder.mkdir()
    test_docs.write_shim(folder, instance)
    try:
        instance.up()
        assert {f"{NAME}-commands-a", f"{NAME}-queries-1", f"{NAME}-queries-2"} <= set(instance.status())
        assert instance.get("/health").json()["services"][NAME] == {"commands": "ok", "queries": "ok"}
        assert EXAMPLES
        for example in EXAMPLES:
            status, output = test_docs.run(example, folder, instance.port)
            assert status == 0, f"line {example.line} ended with {status}:\n{output}"
            assert test_docs.prints_as_shown(output, example.expected), \
                f"line {example.line} printed\n{output}\nand not\n{example.expected}"
        made = instance.post({"name": "Sprint", "weeks": 1}, path=f"/api-commands/{NAME}", key="once")
        again = instance.post({"name": "Sprint", "weeks": 1}, path=f"/api-commands/{NAME}", key="once")
        assert made.content == again.content and again.headers["Idempotency-Replayed"] == "true"
        pid = instance.kill(f"{NAME}-commands-a")
        instance.wait_restarted(f"{NAME}-commands-a", pid)
        instance.wait_healthy()
        assert instance.get(f"/api-queries/{NAME}/{made.json()['id']}").json()["days"] == 7
    finally:
        instance.finish()
