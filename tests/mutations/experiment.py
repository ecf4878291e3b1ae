#!/usr/bin/python3
"""Does the experiment notice when a promise is broken? Takes a safety device out in a copy of the source, builds
SportApp from it and runs a ready scenario, whose verdict must be a failure, for the reason that it should be.

    tests/mutations/experiment.py                    all mutations; a quarter of an hour
    tests/mutations/experiment.py spare-first        these only
    tests/mutations/experiment.py position --seed 4  with another seed for load and faults
    tests/mutations/experiment.py --list             what there is, and which scenario should notice

Each scenario is run first without a mutation, and must pass. The copy is kept in build/mutations, with the last
results in build/mutations/results. Exit status: 0 every mutation was noticed, 1 one was not, or for another reason,
2 one could not be tried (its text no longer matches, does not compile, or its scenario fails without it).
"""
import json
import shutil
import subprocess
import sys
from typing import NamedTuple

import mutate
from failover import AWAITED, REPLICA
from mutate import Applied, Change, Untried

mutate.PRESET = "release"
RESULTS = mutate.TREE / "results"
TIMEOUT_S = 600


class Mutation(NamedTuple):
    name: str
    what: str
    changes: tuple
    scenario: str
    seen_as: tuple  # findings of the judge, or the begin of what was expected and broken; one of them must be there


WRITER = "src/store/journal/writer.cpp"
COUNTED = "if (upto && *upto > counted.seq) counted = {*upto, hash_of_consumed(entry.answer.body)};"
# Else the file refuses what comes twice, and all that is seen is a service that cannot write.
KEYS_MAY_REPEAT = (
    Change("src/store/journal/store.cpp", "key TEXT NOT NULL UNIQUE", "key TEXT NOT NULL"),
    Change("src/store/journal/store.cpp", ") WITHOUT ROWID;\n)sql\";",
           ") WITHOUT ROWID;\nCREATE INDEX IF NOT EXISTS keys ON entries(key);\n)sql\";"))

MUTATIONS = (
    Mutation("spare-first", "an answer is given before the spares have it",
             (Change(REPLICA, AWAITED, AWAITED.replace("return", "continue")),),
             "partition", ("lost",)),
    Mutation("idempotency", "a command is executed though its key is known",
             (*KEYS_MAY_REPEAT,
              Change(WRITER, "if (const auto known = store_->find(submission.key)) {",
                     "if (const auto known = store_->find(\"\")) {")),
             "disk", ("different", "doubled")),
    Mutation("position", "a consumer on another node begins at the first event again",
             (*KEYS_MAY_REPEAT, Change(WRITER, COUNTED, "if (upto) counted = {std::min(counted.seq, *upto), {}};"),
              Change(WRITER, "place.consumed[source] = store->consumed(source);", "place.consumed[source] = messaging::beginning();")),
             "rolling", ("verify: saga", "verify: chain")),
    Mutation("passed-over", "a consumer on another node passes over an event",
             (Change(WRITER, COUNTED, "if (upto && *upto > counted.seq) counted = {upto->next(), {}};"),),
             "rolling", ("verify: known", "verify: saga")),
)


class Run(NamedTuple):
    passed: bool
    result: dict

    def findings(self) -> list:
        """(name, first example) of everything that must not be."""
        names = ("lost", "doubled", "different", "stale", "unasked", "reordered")
        found = [(name, f"{self.result[name]['count']}, {self.result[name]['examples'][0]}")
                 for name in names if self.result[name]["count"]]
        return found + [(one["what"], f"wanted {one['wanted']}, found {one['found']}")
                        for one in self.result["verdict"]["broken"] if one["what"] not in names]


def run(scenario: str, name: str, options: list) -> Run:
    out = RESULTS / name
    shutil.rmtree(out, ignore_errors=True)
    program = mutate.TREE / "build" / mutate.PRESET / "bin" / "sportapp"
    try:
        done = mutate.run(program, "experiment", "run", mutate.TREE / "experiment/scenarios" / f"{scenario}.toml",
                          "--out", out, *options, timeout_s=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise Untried(f"{scenario} did not end within {TIMEOUT_S} s") from None
    results = list(out.glob("*/result.json"))
    if done.returncode not in (0, 1) or len(results) != 1:
        raise Untried(f"{scenario} could not be run: {done.stdout.strip()[-500:]}")
    return Run(done.returncode == 0, json.loads(results[0].read_text()))


def passes_without_any(scenario: str, options: list):
    """A scenario that fails anyway would prove nothing."""
    mutate.build(["lab_programs"])
    ran = run(scenario, f"{scenario}-unmutated", options)
    if not ran.passed:
        raise Untried(f"{scenario} fails without a mutation: {ran.findings()}")
    print(f"{'-':<14} {scenario:<10} passes         {ran.result['counts']['acknowledged']} requests acknowledged, "
          f"{len(ran.result['faults'])} faults", flush=True)


def try_out(mutation: Mutation, options: list) -> bool:
    with Applied(mutation.changes):
        mutate.build(["lab_programs"])
        ran = run(mutation.scenario, mutation.name, options)
    findings = ran.findings()
    right = [(what, said) for what, said in findings if what.startswith(mutation.seen_as)]
    noticed = bool(right) and not ran.passed
    how = "fails" if noticed else "NOT NOTICED" if ran.passed else "OTHER REASON"
    told = "; ".join(f"{what}: {said[:150]}" for what, said in (right[:1] if noticed else findings[:3]))
    print(f"{mutation.name:<14} {mutation.scenario:<10} {how:<14} {mutation.what}: {told}", flush=True)
    return noticed


def main() -> int:
    def add_options(parser):
        parser.add_argument("--seed", type=int, default=1, help="of load and faults (default: 1)")
        parser.add_argument("--duration", type=float, help="seconds, instead of the scenario's; too short for its "
                                                           "faults it fails without a mutation")
    arguments, chosen = mutate.asked_for(__doc__, MUTATIONS, add_options)
    if arguments.list:
        for mutation in chosen:
            print(f"{mutation.name:<14} {mutation.scenario:<10} {mutation.what}; seen as {' or '.join(mutation.seen_as)}")
        return 0
    options = ["--seed", arguments.seed]
    if arguments.duration:
        options += ["--duration", arguments.duration]
    mutate.copy_sources()
    try:
        for scenario in sorted({mutation.scenario for mutation in chosen}):
            passes_without_any(scenario, options)
    except Untried as why:
        print(why)
        return 2
    return mutate.try_all(chosen, lambda mutation: try_out(mutation, options), 14)


if __name__ == "__main__":
    sys.exit(main())
