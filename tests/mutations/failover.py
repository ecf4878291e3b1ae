#!/usr/bin/python3
"""Does the simulator notice when a safety device of failover or replication is taken out? Takes each out in a
copy of the source, builds `simulate` and counts the seeds that it needs.

    tests/mutations/failover.py                   all mutations; half an hour
    tests/mutations/failover.py confirm --seeds 5000
    tests/mutations/failover.py --list            what there is

The copy is kept in build/mutations. Exit status: 0 every mutation was noticed, 1 one was not, 2 one could not
be tried (its text no longer matches, does not compile, or seeds fail without it).
"""
import re
import subprocess
import sys
from typing import NamedTuple

import mutate
from mutate import Applied, Change

mutate.PRESET = "release"
TIMEOUT_S = 600


class Mutation(NamedTuple):
    name: str
    what: str
    changes: tuple


NODE = "src/failover/node.cpp"
MONITOR = "src/failover/monitor.cpp"
NODE_RULES = "src/failover/node_rules.cpp"
REPLICA = "src/replication/replica.cpp"
SHIPPING = "src/replication/shipping.cpp"
FOLLOWING = "src/replication/following.cpp"
AWAITED = "    if ((in_sync(name) || shipping.pledged()) && !shipping.holds(leadership_)) return;\n"

SIM_JOURNAL = "src/simulator/sim_journal.cpp"

MUTATIONS = (
    Mutation("settled", "a spare deletes what may come to nothing yet",
             (Change(SIM_JOURNAL, "settled_ = before;", "settled_ = files_.head().seq;"),)),
    Mutation("spare-first", "an answer is given before the spares have it",
             (Change(REPLICA, AWAITED, AWAITED.replace("return", "continue")),)),
    Mutation("in-sync-only", "a node that is not in sync is made primary",
             (Change(MONITOR, "  if (member == nullptr || !view.alive() || !view.report.able) return false;",
                     "  if (!view.alive() || !view.report.able || (member != nullptr && member->node.empty())) return false;"),)),
    Mutation("promise-first", "a node acts before its promise is on disk",
             (Change(NODE, "  saving_ = epoch;", "  saving_ = promise_ = epoch;"),)),
    Mutation("told", "a node that is restarted is primary by itself",
             (Change(NODE, "set(NodeFact::kNewer, record_.epoch > promise_);",
                     "set(NodeFact::kNewer, record_.epoch > promise_ ||\n"
                     "      (record_.epoch == promise_ && state_ == NodeState::kWaiting));"),)),
    Mutation("pledge", "a node is admitted though commits do not wait for it yet",
             (Change(REPLICA, "(in_sync(name) || shipping.pledged())", "in_sync(name)"),)),
    Mutation("has-all", "a node is admitted before it has everything",
             (Change(SHIPPING, "set(PeerFact::kHasAll, acknowledged_.seq >= leadership.durable.seq && "
                               "(!released || holds(leadership)));",
                     "set(PeerFact::kHasAll, acknowledged_.seq >= Seq{} || released);"),)),
    Mutation("being-committed", "a node is admitted without what is being committed",
             (Change(SHIPPING, "(!released || holds(leadership)));",
                     "(!released || holds(leadership) || node_ != \"\"));"),)),
    Mutation("drop-written", "a node is not waited for any more before the monitor has written that down",
             (Change(REPLICA, "(in_sync(name) || shipping.pledged())",
                     "(in_sync(name) || shipping.pledged()) &&\n"
                     "        shipping.wish() != failover::Wish::Kind::kDrop"),)),
    Mutation("continues", "a spare's journal is taken for a part of this one whatever its hash",
             (Change(SHIPPING, "return ours && *ours && **ours == head.hash;", "return ours && *ours;"),)),
    Mutation("refused", "who is refused takes it for an acknowledgement",
             (Change(SHIPPING, "if (const auto* refuse = std::get_if<Refuse>(&message)) return refuse->promise;",
                     "if (const auto* refuse = std::get_if<Refuse>(&message)) {\n"
                     "    acknowledged(refuse->number, sent_);\n    return std::nullopt;\n  }"),)),
    Mutation("refuses", "a spare takes what an older primary sends",
             (Change(NODE, "  if (epoch < saving_) return true;", "  if (epoch < Epoch{}) return true;"),)),
    Mutation("promise-on-append", "a spare acknowledges without a promise",
             (Change(NODE, "  if (epoch > saving_ && saving_ == promise_) save(epoch, \"follow\");\n"
                           "  if (promise_ < epoch) return false;\n", ""),)),
    Mutation("confirm", "a refusal or a read is answered without asking whether the spares still follow",
             (Change(REPLICA, AWAITED, "    if (!leadership_.batch->entries.empty() && (in_sync(name) || shipping.pledged()) &&\n"
                                       "        !shipping.holds(leadership_))\n      return;\n"),)),
    Mutation("roll-back", "who must abdicate commits and answers what is open",
             (Change(REPLICA, "    actions_.push_back(RollBack{});\n    leadership_.batch.reset();",
                     "    actions_.push_back(Release{});\n    leadership_.batch.reset();"),)),
    Mutation("open-batch", "a spare's journal is taken for a part of the open batch whatever its hash",
             (Change(SHIPPING, "if (entry.seq == head.seq) return entry.hash == head.hash;",
                     "if (entry.seq == head.seq) return true;"),)),
    Mutation("record-first", "nodes are told of a record that is not on disk",
             (Change(MONITOR, "return {options_.run, ++known.pinged, record_, hand_over};",
                     "return {options_.run, ++known.pinged, next_ ? *next_ : record_, hand_over};"),)),
    Mutation("new-epoch", "to drop or admit a node begins no new epoch",
             (Change(MONITOR, "Record record{record_.epoch.next(), record_.primary, {}};",
                     "Record record{record_.epoch, record_.primary, {}};"),)),
    Mutation("old-wish", "a wish made under an older epoch is granted",
             (Change(MONITOR, "!acts(view.report) || view.report.epoch != record_.epoch", "!acts(view.report)"),)),
    Mutation("on-disk", "a spare acknowledges what is only on its way to its disk",
             (Change(FOLLOWING, "  actions.push_back(AppendToJournal{append.entries});",
                     "  actions.push_back(AppendToJournal{append.entries});\n"
                     "  answer(Ack{append.number, {append.entries.back().seq, append.entries.back().hash}}, actions);"),)),
    Mutation("lost-disk", "a node that lost its disk is made primary",
             (Change(MONITOR, "view.alive() && view.report.promise < member->promise;",
                     "view.alive() && view.report.promise < Epoch{};"),)),
    Mutation("lost-promise", "a node that lost its disk promises anew while the record counts on it",
             (Change(NODE, "return self != nullptr && promise_ < self->promise;",
                     "return self != nullptr && promise_ < Epoch{};"),)),
    Mutation("heed", "who drains waits for ever for a node that was dropped meanwhile",
             (Change(NODE_RULES, "A::kHeed,", "A::kWait,"),)),
    Mutation("journal-failed", "a primary whose commit failed goes on",
             (Change(REPLICA, "  leadership_.batch.reset();\n  node_.overruled();\n", "  leadership_.batch.reset();\n"),)),
)


def seeds_needed(most: int) -> tuple:
    """The seeds that it took, or None, and what was said."""
    program = mutate.TREE / "build" / mutate.PRESET / "bin" / "simulate"
    try:
        done = subprocess.run([program, "--quiet", "--seeds", str(most)], text=True, timeout=TIMEOUT_S,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired:
        return None, f"nothing within {TIMEOUT_S} s"
    found = re.search(r"^seed (\d+) after .*?: (.*)$", done.stdout, re.MULTILINE)
    return (int(found[1]), found[2]) if found else (None, done.stdout.strip()[-200:])


def try_out(mutation: Mutation, seeds: int) -> bool:
    with Applied(mutation.changes):
        mutate.build(["simulate"])
        needed, said = seeds_needed(seeds)
    print(f"{mutation.name:<18} {f'seed {needed}' if needed else 'NOT NOTICED':<12} {mutation.what}: {said[:150]}",
          flush=True)
    return needed is not None


def main() -> int:
    arguments, chosen = mutate.asked_for(__doc__, MUTATIONS, lambda parser: parser.add_argument(
        "--seeds", type=int, default=50_000, help="so many at most for each (default: 50000)"))
    if arguments.list:
        for mutation in chosen:
            print(f"{mutation.name:<18} {mutation.what}")
        return 0
    mutate.copy_sources()
    mutate.build(["simulate"])
    needed, said = seeds_needed(2000)
    if needed:
        print(f"seed {needed} fails without a mutation: {said}")
        return 2
    return mutate.try_all(chosen, lambda mutation: try_out(mutation, arguments.seeds), 18)


if __name__ == "__main__":
    sys.exit(main())
