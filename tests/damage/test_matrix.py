"""Files of stopped nodes are damaged in every way, then the instance is started: nothing acknowledged is lost, ever.

The short form has every kind once for each service. SPORTAPP_LONG=1 has every kind at every place after every end, 20
times; SPORTAPP_COUNT is another number of times. `--seed S --only N` is start N of the run that printed the seed S.
"""
import os
import random
import time

from judge import Judge
from prepared import prepare
from report import Report
from starts import sample, strike, whole_matrix

LONG_TIMES = 20
KEPT_FOLDERS_MAX = 5  # of starts that went wrong


def chosen_starts(seed: int, long_mode: bool, only) -> list:
    times = int(os.environ.get("SPORTAPP_COUNT") or (LONG_TIMES if long_mode else 0))
    starts = whole_matrix(times, seed) if times else sample(seed)
    return [start for start in starts if only in (None, start.number)]


def run(start, prepared, report, folder):
    """One start: damage, `up`, the verdicts, the end."""
    began, chance = time.monotonic(), random.Random(start.seed)
    app = prepared.lay_out()
    struck = [strike(app.data, prepared.old, case, prepared.truths[case.service], chance) for case in start.cases]
    try:
        since_ms = 1000 * time.time()
        up = app.cli("up", "--detach", "--port", app.port, "--ready-timeout", prepared.ready_s)
        app.note_processes()
        verdicts = Judge(app, prepared, struck, up, since_ms).verdicts()
    finally:
        wrong_end = end(app)
    for one in struck:
        report.add(start, one, verdicts[one.case.service], 1000 * (time.monotonic() - began))
    if wrong_end:
        report.complain(f"start {start.number}: {wrong_end}")
    if report.was_wrong(start) and len(report.folders) < KEPT_FOLDERS_MAX:
        report.folders.append(folder / f"start-{start.number}")
        app.data.rename(report.folders[-1])
        print(f"     as it was left: {report.folders[-1]}", flush=True)


def end(app) -> str:
    """What is wrong with the end; empty where nothing is."""
    try:
        app.finish()
    except AssertionError as failed:
        return str(failed)[:1000]
    return ""


def test_nothing_acknowledged_is_lost_whatever_happened_to_the_files(tmp_path, seed, long_mode, only):
    report, made = Report(seed), {}
    try:
        for start in chosen_starts(seed, long_mode, only):
            key = (start.batch, start.end)
            if key not in made:
                made[key] = prepare(tmp_path / f"{start.end}-{start.batch}", start.end, random.Random(f"{seed} {key}"))
                report.add_prepared(made[key])
            run(start, made[key], report, tmp_path)
    finally:
        print(report.table())
    assert not report.bad, f"{len(report.bad)} cases went wrong:\n" + "\n".join(report.bad[:20])
