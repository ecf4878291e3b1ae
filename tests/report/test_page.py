"""The page of a report, looked at in Chromium: whole, by itself, on screens and paper; and what makes it."""
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import make_samples
import node_packages
from sportapp import ROOT, bin_dir, run_cli

HERE = Path(__file__).parent
SAMPLES = ROOT / "tests" / "fixtures" / "report"
LEVELS = ["none", "restart", "cold", "warm", "masked"]
HOSTILE = "</script><img src=x onerror=\"window.attacked=1\"> & <b>'`${1}\u2028"
SECTIONS = ["Machine and version", "How to repeat", "Scenario", "How to read this"]
RUN_PARTS = ["Time line", "Faults", "Roles of the nodes", "Requests per second", "Latency", "Outage after each fault",
             "Latency as a distribution", "How many requests took how long", "Share of requests slower than",
             "Slow because masked"]
WITHOUT_CHART = ("Time line", "Latency as a distribution", "Slow because masked")
# What is looked at, and under which colours: each chart once under both.
SCHEMES = {"tactics": ["light", "dark"], "class": ["light"], "hostile": ["light"], "bare": ["light", "dark"]}
OVER_TIME = ("Faults", "Roles of the nodes", "Requests per second", "Latency", "Outage after each fault")


def hostile(value):
    """The same data with every text that a scenario or a client may choose made as nasty as can be."""
    if isinstance(value, dict):
        return {key: value[key] if key in ("format", "role", "pass") else hostile(value[key]) for key in value}
    if isinstance(value, list):
        return [hostile(one) for one in value]
    return f"{value} {HOSTILE}" if isinstance(value, str) else value


@pytest.fixture(scope="module")
def template():
    """The built page, which the program finds beside itself."""
    if shutil.which("npm") is None:
        pytest.skip("NOT TESTED: npm is not installed; ./sportapp test as root installs it")
    done = subprocess.run(["cmake", "--build", str(bin_dir().parent), "--target", "report_page"], capture_output=True,
                          text=True, timeout=300, check=False)
    if "npm could not install" in done.stdout + done.stderr:
        pytest.skip(f"NOT TESTED: the page could not be built: {done.stdout[-1500:]}")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return bin_dir().parent / "share" / "sportapp" / "report.html"


def made(folder, *arguments):
    done = run_cli("experiment", "report", *arguments, "--out", folder)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def reports(template, tmp_path_factory):
    assert template.exists()
    folder = tmp_path_factory.mktemp("reports")
    masked = json.loads((SAMPLES / "crash-masked" / "result.json").read_text())
    nasty = folder / "nasty.json"
    masked["lost"] = {"count": 1, "examples": ["client-7"]}
    # Figures as wide as they come.
    masked.update(detect_ms={"median": 1070.2, "worst": 44400}, take_over_ms={"median": 9164, "worst": 3224},
                  redundant_ms={"median": 6157, "worst": 61570})
    masked["latency_ms"].update(p99=1901.4, max=9172)
    masked["outage_ms"].update(median=9032, worst=9078)
    masked["verdict"] = {"pass": False, "line": "1 lost",
                         "broken": [{"what": "lost", "wanted": "at most 0", "found": "1"}]}
    nasty.write_text(json.dumps(hostile(masked), ensure_ascii=False))
    bare = folder / "bare.json"
    needed = ("format", "scenario", "started", "label", "verdict", "counts")
    bare.write_text(json.dumps({name: masked[name] for name in needed}))
    made(folder / "tactics", *(SAMPLES / f"crash-{level}" for level in LEVELS))
    made(folder / "class", *(SAMPLES / f"class-{number}" for number in range(1, 6)), "--published")
    made(folder / "hostile", nasty)
    made(folder / "bare", bare)
    return {name: folder / name / "report.html" for name in SCHEMES}


@pytest.fixture(scope="module")
def seen(reports):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("NOT TESTED: chromium is not installed; ./sportapp test as root installs it")
    packages = node_packages.installed(HERE)
    folder = packages.parent / "seen"
    folder.mkdir(exist_ok=True)
    plan = json.dumps({"chromium": chromium, "reports": {
        name: {"file": str(file), "schemes": SCHEMES[name]} for name, file in reports.items()}})
    done = subprocess.run(["node", str(HERE / "look.mjs"), plan, str(folder)], capture_output=True, text=True,
                          timeout=300, env={**os.environ, "NODE_PATH": str(packages)}, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return {**json.loads(done.stdout), "folder": folder}


ALL = pytest.mark.parametrize("name", SCHEMES)


@ALL
def test_nothing_goes_wrong_and_nothing_is_fetched(seen, name):
    assert seen[name]["trouble"] == []
    assert seen[name]["requests"] == []


@ALL
def test_the_page_is_as_wide_as_the_screen(seen, name):
    laptops = {f"laptop {scheme}" for scheme in SCHEMES[name]}
    assert set(seen[name]["overflow"]) == {"phone", "phone, Spanish"} | laptops
    for where, overflow in seen[name]["overflow"].items():
        assert overflow == {"page": 0, "elements": []}, where


@ALL
def test_anyone_can_read_it(seen, name):
    """No complaint of axe: contrast, headings, table headers, text beside graphics, ..."""
    assert seen[name]["violations"] == {scheme: [] for scheme in SCHEMES[name]}
    assert len(set(seen[name]["ground"].values())) == len(SCHEMES[name])


@pytest.mark.parametrize("name, runs", [("tactics", LEVELS), ("class", ["masked"] * 5)])
def test_every_chart_of_every_run_is_drawn(seen, name, runs):
    charts = seen[name]["charts"]
    for chart in charts:
        assert chart["drawn"] and chart["marks"] >= 3 and not chart["broken"], chart
        assert chart["role"] == "img" and len(chart["label"]) > 30, chart
    for number, label in enumerate(runs, 1):
        titles = [chart["title"] for chart in charts if chart["run"] == f"run-{number}"]
        wanted = [part for part in RUN_PARTS if part not in WITHOUT_CHART]
        assert titles == wanted + ["Memory, MiB", "Journal, MiB"] * (label == "masked")


def test_charts_show_what_happened(seen):
    chart = {(one["run"], one["title"]): one for one in seen["tactics"]["charts"]}
    failed = [chart[f"run-{number}", "Requests per second"]["failed"] for number in range(1, 6)]
    assert failed[0] > 50 and all(0 < count < 50 for count in failed[1:4]) and failed[4] == 0
    assert "6,542 failed. Failures between 10 s and 60 s" in chart["run-1", "Requests per second"]["label"]
    assert chart["run-1", "Roles of the nodes"]["away"] == 1
    assert chart["run-5", "Roles of the nodes"]["primary"] > 6
    for number in range(1, 6):
        over_time = [chart[f"run-{number}", part]["faultsAt"] for part in OVER_TIME]
        assert len(over_time[0]) == 6
        assert all(one == over_time[0] for one in over_time), "the charts do not stand over one x axis"


def test_the_verdict_is_a_word_and_the_table_has_every_row(seen):
    verdict = {name: seen[name]["page"]["verdict"] for name in ("tactics", "class", "hostile")}
    assert [verdict[name]["word"] for name in verdict] == ["Verdict: Mixed", "Verdict: Passed", "Verdict: Failed"]
    assert verdict["tactics"]["line"] == "Passed: masked. Did not pass: none, restart, cold, warm."
    assert verdict["class"]["line"] == ("5 runs: 0 of 596,017 requests failed; nothing lost, nothing doubled; "
                                        "worst outage 32 ms")
    rows = seen["tactics"]["page"]["rows"]
    assert [row["name"] for row in rows] == [f"{level}{'Passed' if level == 'masked' else 'Failed'}" for level in LEVELS]
    failed = [float(row["cells"]["Failed, %"]) for row in rows]
    assert failed == sorted(failed, reverse=True) and failed[-1] == 0
    assert rows[0]["cells"]["Outage"] == "never" and re.fullmatch(r"\d+ / \d+ ms", rows[4]["cells"]["Outage"])
    widths = [row["bars"][0] for row in rows]
    assert widths == sorted(widths, reverse=True) and widths[-1] == 0
    rows = seen["class"]["page"]["rows"]
    published = [row["name"] for row in rows if row["published"]]
    assert published == [f"class, run {number}published" for number in (1, 2, 3)]
    assert [row["cells"]["Failed, %"] for row in rows] == ["0", "22.0", "43.0", "62.0"]


def test_hostile_texts_stay_texts(seen):
    page = seen["hostile"]["page"]
    assert page["attacked"] is None
    assert page["elements"] == {"img": 0, "script": 2, "iframe": 0}
    shown = " ".join(HOSTILE.split())
    assert page["title"].startswith(f"The users service is killed {shown}")
    assert page["headings"][0] == [1, f"The users service is killed {shown}"]
    assert any(shown in text for text in page["code"]) and page["examples"] == [f"client-7 {shown}"]


@pytest.mark.parametrize("name, runs", [("tactics", 5), ("class", 5), ("hostile", 1)])
def test_paper_has_every_section(seen, name, runs):
    """By the outline that Chromium puts into the PDF: headings that were not laid out are not in it."""
    pdf = (seen["folder"] / f"{name}.pdf").read_bytes()
    found = re.findall(rb"/Title \((.*?)(?<!\\)\)\n", pdf)
    titles = [re.sub(rb"\\(.)", rb"\1", title).decode("latin-1").strip() for title in found]
    for section in SECTIONS:
        assert section in titles, titles
    for part in RUN_PARTS:
        assert titles.count(part) == runs, (part, titles)
    sizes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf))
    assert {(round(float(width)), round(float(height))) for width, height in sizes} == {(595, 842)}, "not A4"


def test_it_speaks_spanish(seen):
    assert seen["preferred"] == "es"
    english, spanish = seen["tactics"]["page"], seen["tactics"]["spanish"]
    assert (english["language"], spanish["language"]) == ("en", "es")
    assert spanish["verdict"]["line"] == "Superado: masked. No superado: none, restart, cold, warm."
    assert [level for level, _ in spanish["headings"]] == [level for level, _ in english["headings"]]
    said = {text for _, text in english["headings"]}
    names = {*LEVELS, english["headings"][0][1]}  # levels and the scenario's own title have no other language
    assert {text for _, text in spanish["headings"]} & said <= names


def test_a_result_with_little_in_it_has_a_page(seen):
    page = seen["bare"]["page"]
    assert page["verdict"]["word"] == "Verdict: Failed" and page["broken"] == ["at most 0", "1"]
    assert seen["bare"]["charts"] == []


def test_the_samples_are_what_their_generator_makes():
    for name, content in make_samples.samples().items():
        assert json.loads((SAMPLES / name / "result.json").read_text()) == content, name


def test_the_lock_files_say_what_to_install_but_not_from_where():
    for folder in (HERE, ROOT / "lab" / "report" / "page"):
        node_packages.says_only_what(folder / "package-lock.json")


def test_without_the_page_the_other_two_are_written(tmp_path):
    alone = tmp_path / "bin"
    alone.mkdir()
    for program in ("sportapp", "sportapp-lab"):
        shutil.copy(bin_dir() / program, alone)
    command = [alone / "sportapp", "experiment", "report", SAMPLES / "crash-none", "--out", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert "report_page" in done.stderr and not (tmp_path / "out" / "report.html").exists()
    assert json.loads((tmp_path / "out" / "report.json").read_text())["results"][0]["label"] == "none"
    assert "**FAIL**" in (tmp_path / "out" / "report.md").read_text()


def test_two_are_compared():
    done = run_cli("experiment", "compare", SAMPLES / "crash-none", SAMPLES / "crash-masked")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^  failed +6,542 +0 +-6,542 +0\.00  B$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^  outage, worst +never +28 ms +– +– +B$", done.stdout, re.MULTILINE), done.stdout
    assert "B is better in" in done.stdout
    done = run_cli("experiment", "compare", SAMPLES / "crash-none", SAMPLES / "crash-masked", "--json")
    figures = json.loads(done.stdout)["compared"][0]["figures"]
    assert figures["counts.failed"] == {"a": 6542, "b": 0, "difference": -6542, "ratio": 0, "better": "B"}


@pytest.mark.parametrize("text, complaint", [
    ('{\n "format": 1,\n oops}', ":3: not JSON"), ('{"format": 2}', "format is 2"), ("[]", "must hold a JSON object"),
    ('{"format": 1, "scenario": {"name": "a", "duration_s": "long"}}', "scenario.duration_s must be a number")])
def test_a_bad_file_is_named(tmp_path, text, complaint):
    bad = tmp_path / "result.json"
    bad.write_text(text)
    done = run_cli("experiment", "report", bad, "--out", tmp_path / "out")
    assert done.returncode == 1 and str(bad) in done.stderr and complaint in done.stderr
    assert not (tmp_path / "out").exists()
