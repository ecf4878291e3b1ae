"""The class scenario by JMeter (experiment/jmeter): it runs, its result is told, its plans are of plain elements."""
import csv
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

import flask_peer
from sportapp import ROOT, Instance, bin_dir

FOLDER = ROOT / "experiment/jmeter"
PLANS = ("class.jmx", "quick.jmx")
# Elements that JMeter has had since 2.13 and has today, none of a plugin, none that runs a script.
PLAIN = {"TestPlan", "ThreadGroup", "ConfigTestElement", "HeaderManager", "CounterConfig", "ConstantTimer",
         "HTTPSamplerProxy", "UserParameters", "RegexExtractor"}
DEFAULT = re.compile(r",\d+\)\}")  # of a property: ${__P(users,1000)}
JMETER = "/usr/share/jmeter"
SHORT = ("-Jseconds=12", "-Jusers=8", "-Jpoison_every_ms=6000", "-Jrun=test")  # a busy machine takes a while to begin


def jmeter(*arguments, within_s: float = 240.0):
    flask_peer.needs("jmeter", f"{JMETER}/bin/ApacheJMeter.jar", f"{JMETER}/lib/ext/ApacheJMeter_http.jar",
                     "/usr/bin/javac")
    return subprocess.run([str(FOLDER / "run"), *map(str, arguments)], capture_output=True, text=True,
                          timeout=within_s, check=False)


def quick(result, port: int) -> list:
    """The samples of a short run of quick.jmx; what the command says must count them."""
    done = jmeter(result, "--plan", FOLDER / "quick.jmx", f"-Jport={port}", *SHORT)
    assert done.returncode == 0, done.stdout + done.stderr
    with result.open(encoding="utf-8", newline="") as stream:
        samples = list(csv.DictReader(stream))
    for label in ("register", "poison"):
        count = sum(sample["label"] == label for sample in samples)
        assert any(line.split()[:2] == [label, f"{count:,}"] for line in done.stdout.splitlines()), done.stdout
    return samples


def of(samples: list, label: str) -> list:
    return [sample for sample in samples if sample["label"] == label]


def test_a_poison_request_fails_requests_of_the_flask_service_and_what_it_acknowledged_is_on_its_disk(tmp_path):
    with flask_peer.running(tmp_path / "data") as peer:
        samples = quick(tmp_path / "flask.jtl", peer.port)
        usernames = peer.usernames()
    poison, registered = of(samples, "poison"), of(samples, "register")
    assert [sample["responseCode"] for sample in poison] == ["502"]
    acknowledged = [sample["username"] for sample in registered if sample["responseCode"] == "200"]
    assert 0 < len(acknowledged) < len(registered), "some were answered, and some failed after the poison"
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= set(usernames)
    assert all(sample["username"] == sample["key"] for sample in samples)


def test_no_request_of_sportapp_fails_by_a_poison_request(tmp_path):
    assert (bin_dir() / "lab/users-commands").exists(), "the programs of the laboratory are not built"
    app = Instance(tmp_path / "data")
    try:
        app.up(lab=True)
        samples = quick(tmp_path / "sportapp.jtl", app.port)
        acknowledged = {sample["username"]: sample["answer"] for sample in of(samples, "register")
                        if sample["responseCode"] == "200"}
        kept = {user["username"] for user in app.users_in_journal()}
    finally:
        app.finish()
    poison, registered = of(samples, "poison"), of(samples, "register")
    assert [sample["responseCode"] for sample in poison] == ["500"], "quarantined"
    failed = [sample for sample in registered if sample["responseCode"] != "200"]
    assert registered and not failed, failed[:5]
    assert len(acknowledged) == len(registered)
    assert kept == set(acknowledged)
    assert all(f'"username":"{username}"' in answer for username, answer in acknowledged.items())


def test_the_small_plan_is_the_class_scenario_with_other_numbers():
    class_plan, quick_plan = ((FOLDER / name).read_text().splitlines() for name in PLANS)
    assert len(class_plan) == len(quick_plan)
    for one, other in zip(class_plan, quick_plan):
        if "The class scenario" not in one and "TestPlan.comments" not in one:
            assert DEFAULT.sub("", one) == DEFAULT.sub("", other)


@pytest.mark.parametrize("name", PLANS)
def test_plans_are_of_elements_that_every_jmeter_has(name):
    root = ElementTree.parse(FOLDER / name).getroot()
    assert (root.tag, root.get("version")) == ("jmeterTestPlan", "1.2")
    elements = [element for element in root.iter() if element.get("guiclass") and element.tag != "elementProp"]
    assert {element.tag for element in elements} == PLAIN
    for element in elements:
        assert element.get("testclass") == element.tag and "." not in element.get("guiclass"), element.attrib


@pytest.mark.parametrize("text, complaint", [
    ("", "names no column"),
    ("timeStamp,elapsed,label,responseCode,success\n", "no request in it"),
    ("timeStamp,elapsed,label,responseCode,success\n1,2,register,200,true\n1,2,regis", ":3: has not as many values"),
    ("1,2,register,200,true\n", "names no column timeStamp"),
])
def test_a_result_that_is_not_whole_is_told(tmp_path, text, complaint):
    result = tmp_path / "a.jtl"
    result.write_text(text)
    done = subprocess.run(["/usr/bin/python3", str(FOLDER / "summary.py"), str(result)], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 1 and complaint in done.stderr and done.stdout == "", done


def test_nobody_listens(tmp_path):
    """Every request fails, and that is a whole result; a plan that JMeter cannot read gives none."""
    done = jmeter(tmp_path / "none.jtl", "--plan", FOLDER / "quick.jmx", "-Jport=1", "-Jseconds=1", "-Jusers=2",
                  "-Jpoison_count=0")
    assert done.returncode == 0 and "100.00%" in done.stdout, done
    assert "ConnectException" in done.stdout
    broken = tmp_path / "broken.jmx"
    broken.write_text((FOLDER / "quick.jmx").read_text().replace("</hashTree>", "", 1))
    done = jmeter(tmp_path / "broken.jtl", "--plan", broken)
    assert done.returncode == 1 and "summary.py: " in done.stderr, done


@pytest.mark.parametrize("arguments, complaint", [
    ((), "RESULT.jtl is missing"), (("a", "b"), "not 'a' and 'b'"), (("a", "--fast"), "no option --fast"),
    (("a", "--plan"), "--plan needs a file"), (("a", "--plan", "/nowhere.jmx"), "cannot read the plan"),
])
def test_a_wrong_command_line_starts_nothing(arguments, complaint):
    done = jmeter(*arguments, within_s=60)
    assert done.returncode == 2 and complaint in done.stderr, done
