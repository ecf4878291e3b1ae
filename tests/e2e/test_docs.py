"""The examples of README*.md and docs/ are run, and print what they say they print.

A fence marked `sh test` is run; a fence marked `text` right after it is what it prints. In that, `...` on a line of its
own stands for any lines, within a line for any characters."""
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from sportapp import ROOT, bin_dir, run_cli

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
DEFAULT_PORT = "5000"


class Example(NamedTuple):
    line: int
    script: str
    expected: str  # none: whatever it prints


def examples_in(text: str, mark: str = "test"):
    fences = list(FENCE.finditer(text))
    for index, fence in enumerate(fences):
        if fence.group(1).split() != ["sh", mark]:
            continue
        after = fences[index + 1] if index + 1 < len(fences) else None
        shown = after is not None and after.group(1).strip() == "text" and not text[fence.end():after.start()].strip()
        yield Example(text.count("\n", 0, fence.start()) + 1, fence.group(2), after.group(2) if shown else None)


DOCUMENTS = {str(path.relative_to(ROOT)): list(examples_in(path.read_text()))
             for path in [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").glob("*.md"))]}


def pattern_of(expected: str) -> str:
    lines = []
    for line in expected.rstrip("\n").split("\n"):
        if line.strip() == "...":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(".*".join(re.escape(part) for part in line.rstrip().split("...")) + r"[ \t]*\n")
    return "".join(lines)


def prints_as_shown(output: str, expected: str) -> bool:
    return re.fullmatch(pattern_of(expected), output.rstrip("\n") + "\n") is not None


def write_shim(folder: Path, instance):
    """`./sportapp` as the documents call it, but on this instance's port, and on its data where they name none."""
    shim = folder / "sportapp"
    shim.write_text(f'#!/bin/bash\ncommand=$1\nshift\nextra=()\n'
                    f'case $command in up) extra=(--port {instance.port}) ;;\n'
                    f'  import) extra=(--url "{instance.url}") ;;\nesac\n'
                    f'case "$command $*" in *--data*|*--backup*) ;;\n'
                    f'  up*|down*|status*|events*|logs*|rebuild*|verify*|backup*) extra+=(--data "{instance.data}") ;;\nesac\n'
                    f'exec "{bin_dir()}/sportapp" "$command" "${{extra[@]}}" "$@"\n')
    shim.chmod(0o755)


def stop_others(folder: Path):
    """Instances that a document starts on data of its own, where it did not come to their end."""
    for record in folder.glob("**/run/instance.json"):
        run_cli("down", "--data", record.parents[1])


def run(example: Example, folder: Path, port: int):
    script = example.script.replace(f"localhost:{DEFAULT_PORT}", f"127.0.0.1:{port}")
    out = folder / "output"
    with out.open("w") as stream:  # a file, so that a process which stays does not hold us
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, stdout=stream,
                              stderr=subprocess.STDOUT, timeout=180, check=False)
    text = out.read_text()
    return done.returncode, text.replace(f"127.0.0.1:{port}", f"localhost:{DEFAULT_PORT}")


@pytest.mark.parametrize("name", [name for name, examples in DOCUMENTS.items() if examples])
def test_examples_run_and_print_what_they_show(name, new_instance, tmp_path):
    examples = DOCUMENTS[name]
    starts_itself = any("sportapp up" in example.script for example in examples)
    instance = new_instance(start=not starts_itself)
    folder = tmp_path / "folder"
    folder.mkdir()
    write_shim(folder, instance)
    try:
        for example in examples:
            status, output = run(example, folder, instance.port)
            assert status == 0, f"{name}:{example.line} ended with {status}:\n{output}"
            if example.expected is not None:
                assert prints_as_shown(output, example.expected), \
                    f"{name}:{example.line} printed\n{output}\nand not\n{example.expected}"
    finally:
        stop_others(folder)


def test_a_backup_is_told_alike_in_both_languages():
    english, spanish = ((ROOT / "docs" / name).read_text() for name in ("backup.md", "backup.es.md"))
    examples = [[(fence.group(1).split()[0], fence.group(2)) for fence in FENCE.finditer(text)] for text in (english, spanish)]
    assert examples[0] == examples[1]
    for pattern in (r"^## ", r"^\|", r"^- "):
        assert len(re.findall(pattern, english, re.MULTILINE)) == len(re.findall(pattern, spanish, re.MULTILINE)), pattern


def test_there_are_examples():
    assert DOCUMENTS["docs/api.md"]


@pytest.mark.parametrize("output, expected, same", [
    ("a\n", "a\n", True), ("a\n", "b\n", False), ("a\nb\n", "a\n", False), ("a\nx\ny\nb\n", "a\n...\nb\n", True),
    ("a 17 b\n", "a ... b\n", True), ("a\n", "...\n", True), ("", "a\n", False), ("a.b\n", "a?b\n", False),
])
def test_what_is_shown_is_compared(output, expected, same):
    assert prints_as_shown(output, expected) == same


def test_examples_are_found_with_what_they_print():
    text = "# A\n```sh test\ntrue\n```\n\n```text\nx\n```\n```sh\nfalse\n```\n" \
           "```sh test\necho\n```\nand\n```text\ny\n```\n"
    assert list(examples_in(text)) == [Example(2, "true\n", "x\n"), Example(12, "echo\n", None)]
