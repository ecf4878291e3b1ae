"""docs/experiment.md and its Spanish form tell every key of a scenario, and their example is one."""
import re

import pytest

from sportapp import ROOT, run_cli

DOCUMENTS = ("docs/experiment.md", "docs/experiment.es.md")
FENCE = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = r"(?:\./sportapp|experiment/jmeter/run|bench/peers/flask/run|jmeter)"
COMMAND = re.compile(rf"^{PROGRAMS} .*?(?=\s*#|$)", re.MULTILINE)
READ = re.compile(r'(?:\.(?:read|require|has)\(|read_optional\(\w+, )"(\w+)"')
WEIGHT = re.compile(r'\{"(\w+)", load\.mix\.')
MEASURE = re.compile(r'^    \{"(\w+)", "', re.MULTILINE)


def keys() -> set:
    """What a scenario may contain, as the program reads it."""
    source = (ROOT / "lab/scenario/scenario.cpp").read_text()
    measures = (ROOT / "lab/judge/measures.cpp").read_text()
    return set(READ.findall(source) + WEIGHT.findall(source) + MEASURE.findall(measures))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_key_of_a_scenario_is_told(document):
    told = set(re.findall(r"\w+", (ROOT / document).read_text()))
    assert len(keys()) > 60
    assert not keys() - told


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_example_is_a_scenario(document, tmp_path):
    examples = FENCE.findall((ROOT / document).read_text())
    assert examples
    for number, example in enumerate(examples):
        file = tmp_path / f"example-{number}.toml"
        file.write_text(example)
        done = run_cli("experiment", "check", file)
        assert done.returncode == 0, done.stderr


def test_both_documents_have_the_same_examples_and_tables():
    english, spanish = ((ROOT / document).read_text() for document in DOCUMENTS)
    for pattern in (r"^## ", r"^```", r"^ *\|", r"^\d+\. "):
        counts = [len(re.findall(pattern, text, re.MULTILINE)) for text in (english, spanish)]
        assert counts[0] == counts[1], pattern
    assert COMMAND.findall(english) == COMMAND.findall(spanish)
