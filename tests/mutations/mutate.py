#!/usr/bin/python3
"""Does a test notice when a safety device is taken out? Takes each out in a copy of the source and looks.

    tests/mutations/mutate.py              all mutations; a few minutes, more the first time
    tests/mutations/mutate.py fsync        these only
    tests/mutations/mutate.py --list       what there is

The copy is kept in build/mutations, so that the next run compiles only what changed. Exit status: 0 every
mutation turned its tests red, 1 one did not, 2 a mutation could not be tried (its text no longer matches,
does not compile, or its tests are red without it).
"""
import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "build" / "mutations"
PRESET = "debug"
TEST_TIMEOUT_S = 180


class Change(NamedTuple):
    file: str
    old: str  # must be there exactly once
    new: str


class Mutation(NamedTuple):
    name: str
    what: str
    changes: tuple
    tests: tuple  # (target, gtest filter): each must turn red


STORE = "src/store/journal/store.cpp"
NO_SAVEPOINT = (Change(STORE, '"SAVEPOINT command"', '"SELECT 1"'),
                Change(STORE, '"RELEASE command"', '"SELECT 1"'),
                Change(STORE, '"ROLLBACK TO command"', '"SELECT 1"'))

EARLY = """  if (options_.on_committed && !open_->entries.empty()) {
    std::vector<domain::CommittedEvent> early;
    for (const auto& entry : open_->entries) early.push_back({entry.seq, entry.time_ms, entry.event});
    options_.on_committed(std::move(early));
  }
  at_gate_ = true;
"""

MUTATIONS = (
    Mutation("fsync", "commits are not synced to the disk",
             (Change("src/store/sqlite/sqlite.cpp", 'return "PRAGMA synchronous=FULL";',
                     'return "PRAGMA synchronous=OFF";'),),
             (("journal_test", "JournalTest.WhatWasAcknowledgedOutlivesAPowerCut"),)),
    Mutation("savepoint", "a command that fails half-way is not undone by itself", NO_SAVEPOINT,
             (("journal_test", "JournalTest.ACommandThatMeetsADefectLeavesNothingBehind"),)),
    Mutation("transaction", "state and entry are written by themselves, each at once",
             (*NO_SAVEPOINT,
              Change(STORE, '"BEGIN IMMEDIATE"', '"SELECT 1"'),
              Change(STORE, '"COMMIT"', '"SELECT 1"'),
              Change(STORE, '"ROLLBACK"', '"SELECT 1"')),
             (("journal_test", "JournalTest.WhateverChangeFailsNothingAcknowledgedIsLostOrDoubled"),
              ("journal_test", "LeadingTest.AGateThatRefusesRollsBackAndEndsTheLead"))),
    Mutation("idempotency", "a key that is known is not looked for",
             (Change("src/store/journal/writer.cpp",
                     "if (const auto known = store_->find(submission.key)) {",
                     "if (const auto known = store_->find(submission.key); known && known->key.empty()) {"),),
             (("journal_test", "JournalTest.TheSameKeyGivesTheFirstAnswerAgain"),
              ("journal_test", "JournalTest.TwoAtOnceWithOneKeyExecuteOnce"))),
    Mutation("position", "the read model's position is not written with its views",
             (Change("src/store/projection/read_model.cpp", '"UPDATE meta SET position = ?"',
                     '"UPDATE meta SET position = position + 0 * ?"'),),
             (("projection_test", "ReadModelTest.PositionIsKeptWithTheViews"),)),
    Mutation("saga-key", "an event of another service counts again though its key says that it did",
             (Change("src/store/journal/writer.cpp", "if (last != cause.after || cause.upto <= cause.after)",
                     "if (cause.after < Seq{0})"),),
             (("journal_test", "ConsumedTest.EventsCountOnceAndNoneIsPassedOver"),)),
    Mutation("stock-twice", "the stock of an order is taken a second time when the event is applied",
             (Change("src/domain/services/products/products.cpp", 'product["stock"] = taken.at("stock");',
                     'product["stock"] = taken.at("stock").as_int64() - taken.at("quantity").as_int64();'),),
             (("products_test", "ProductsTest.AnOrderTakesItsStock"),
              ("products_test", "ProductsTest.AnOrderTakesTheLastPieceAndTheNextOrderNone"))),
    Mutation("rename", "orders do not follow a new name of their product",
             (Change("src/domain/services/orders/orders_views.cpp", "view[shown.view_name] = name;", "view[shown.view_name];"),),
             (("orders_test", "OrdersViewsTest.ARenamedProductIsRenamedInItsOrdersAndTheirPriceStays"),
              ("orders_test", "OrdersViewsTest.EveryOrderFollowsARenameHoweverManyThereAre"))),
    Mutation("durable-first", "events go out, and orders are settled by them, before they are on disk",
             (Change("src/store/journal/core.cpp", "  at_gate_ = true;\n", EARLY),),
             (("journal_test", "JournalTest.EventsAreHandedOutOnlyWhenDurable"),)),
    Mutation("set-aside", "an event that cannot be applied is passed over and forgotten",
             (Change("src/store/projection/read_model.cpp", "    write_set_aside(event, *reason);\n    if (more++",
                     "    if (more++"),
              Change("src/server/commands/intake.cpp", "  if (events.size() == 1) return set_aside(events.front(), why);\n",
                     "  if (events.size() == 1) return why.size() - why.size() + 1;\n")),
             (("projection_test", "ReadModelTest.AnEventThatCannotBeAppliedIsSetAsideAndStopsNothingElse"),
              ("commands_test", "IntakeTest.AnEventThatIsNotUnderstoodIsSetAsideAndHoldsUpNothing"))),
)


class Untried(Exception):
    """The mutation says nothing, for this reason."""


def run(*command, cwd=TREE, timeout_s=None):
    return subprocess.run([str(part) for part in command], cwd=cwd, timeout=timeout_s, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def copy_sources():
    """What git knows, as it stands in the working tree; a file that is the same keeps its time."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    names = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    for name in names:
        source, target = ROOT / name, TREE / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for target in (*(TREE / "src").rglob("*"), *(TREE / "lab").rglob("*")):
        if target.is_file() and str(target.relative_to(TREE)) not in names:
            target.unlink()


def build(targets):
    if not (TREE / "build" / PRESET / "build.ninja").exists():
        configured = run("cmake", "--preset", PRESET)
        if configured.returncode != 0:
            raise Untried(f"cmake failed:\n{configured.stdout[-3000:]}")
    built = run("cmake", "--build", f"build/{PRESET}", "--target", *targets)
    if built.returncode != 0:
        raise Untried(f"it does not compile:\n{built.stdout[-3000:]}")


def failure(target: str, name: str) -> str:
    """How the test fails; empty when it passes. A test that does not end fails."""
    try:
        done = run(TREE / "build" / PRESET / "bin" / target, f"--gtest_filter={name}", timeout_s=TEST_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return f"no end within {TEST_TIMEOUT_S} s"
    if "Running 1 test from" not in done.stdout:
        raise Untried(f"there is no test {name} in {target}")
    if done.returncode == 0:
        return ""
    said = done.stdout[max(done.stdout.find(": Failure"), 0):].splitlines()[1:]
    return " ".join(line.strip() for line in said if line.strip())[:160]


class Applied:
    """The copy with the changes in it, for the length of a block."""

    def __init__(self, changes):
        self._texts = {}
        mutated = {}
        for change in changes:
            text = mutated.get(change.file) or (TREE / change.file).read_text()
            self._texts.setdefault(change.file, text)
            if text.count(change.old) != 1:
                raise Untried(f"{change.file} has {text.count(change.old)} times, not once: {change.old!r}")
            mutated[change.file] = text.replace(change.old, change.new)
        self._mutated = mutated

    def __enter__(self):
        for name, text in self._mutated.items():
            (TREE / name).write_text(text)

    def __exit__(self, *_):
        for name, text in self._texts.items():
            (TREE / name).write_text(text)


def try_all(mutations, noticed, width: int) -> int:
    """The exit status of a tool, after `noticed` was asked about each; names take so much room in what is printed."""
    missed, untried = [], []
    for mutation in mutations:
        try:
            if not noticed(mutation):
                missed.append(mutation.name)
        except Untried as why:
            untried.append(mutation.name)
            print(f"{mutation.name:<{width}} not tried: {why}", flush=True)
    print(f"{len(mutations)} mutations, not noticed: {missed or 'none'}, not tried: {untried or 'none'}")
    return 2 if untried else 1 if missed else 0


def try_out(mutation: Mutation) -> bool:
    """Whether every test of it turned red."""
    caught = True
    with Applied(mutation.changes):
        build({target for target, _ in mutation.tests})
        for target, name in mutation.tests:
            how = failure(target, name)
            caught = caught and bool(how)
            print(f"  {'red  ' if how else 'GREEN'}  {name}: {how}", flush=True)
    return caught


def green_without_any(mutations):
    """A test that is red anyway would prove nothing."""
    tests = {test for mutation in mutations for test in mutation.tests}
    build({target for target, _ in tests})
    failing = [name for target, name in sorted(tests) if failure(target, name)]
    if failing:
        raise Untried("red without any mutation: " + ", ".join(failing))


def asked_for(description, mutations, add_options=lambda parser: None):
    """The command line's options, and those of the mutations that it names."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutations to try (default: all)")
    parser.add_argument("--list", action="store_true", help="print what there is")
    add_options(parser)
    arguments = parser.parse_args()
    known = {mutation.name: mutation for mutation in mutations}
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        parser.error(f"no mutation {', '.join(unknown)}; there is: {', '.join(known)}")
    return arguments, [known[name] for name in arguments.names] or list(mutations)


def main() -> int:
    arguments, chosen = asked_for(__doc__, MUTATIONS)
    if arguments.list:
        for mutation in chosen:
            print(f"{mutation.name:<12} {mutation.what}: {', '.join(name for _, name in mutation.tests)}")
        return 0

    print("building the tests without a mutation, which must be green", flush=True)
    missed, untried = [], []
    try:
        copy_sources()
        green_without_any(chosen)
    except Untried as why:
        print(why)
        return 2
    for mutation in chosen:
        print(f"{mutation.name}: {mutation.what}", flush=True)
        began = time.monotonic()
        try:
            if not try_out(mutation):
                missed.append(mutation.name)
        except Untried as why:
            untried.append(mutation.name)
            print(f"  not tried: {why}")
        print(f"  {time.monotonic() - began:.0f} s", flush=True)
    print(f"{len(chosen)} mutations: {len(chosen) - len(missed) - len(untried)} caught, {len(missed)} not caught "
          f"{missed or ''}, {len(untried)} not tried {untried or ''}")
    return 2 if untried else 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
