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


NODE = "src/ha/failover/node.cpp"
MONITOR = "src/ha/failover/monitor.cpp"
JUDGEMENT = "src/ha/failover/monitor_judgement.cpp"
NODE_RULES = "src/ha/failover/node_rules.cpp"
REPLICA = "src/ha/replication/replica.cpp"
SHIPPING = "src/ha/replication/shipping.cpp"
FOLLOWING = "src/ha/replication/following.cpp"
AWAITED = "    if (!in_sync(name) && !shipping.pledged()) continue;\n"
TAKEN = "    taken &= shipping.has_taken(leadership_);\n"
HELD = "    held &= shipping.holds(leadership_);\n"

CORE = "src/store/journal/core.cpp"
CORE_TASKS = "src/store/journal/core_tasks.cpp"
WRITER = "src/store/journal/writer.cpp"
DRIVER = "src/ha/node/node_driver.cpp"
HOLD = "src/ha/hold/hold.cpp"
SIM_FILES = "src/sim/sim_files.cpp"
SERVICE_DRIVER = "src/ha/watch/service_driver.cpp"

MUTATIONS = (
    Mutation("settled", "a spare deletes what may come to nothing yet",
             (Change(CORE_TASKS, "  settle(before);", "  settle(before.seq < Seq{} ? before : writer_->last());"),)),
    Mutation("spare-first", "an answer is given before the spares have it",
             (Change(REPLICA, HELD, ""),)),
    Mutation("write-untaken", "a batch is written before the spares have taken it",
             (Change(REPLICA, TAKEN, ""),)),
    Mutation("answer-written", "a batch is answered when it is written here",
             (Change(CORE, "  became_durable();\n  if (open_->may_be_answered) answer();",
                     "  became_durable();\n  at_gate_ = false;\n  answer();"),)),
    Mutation("in-sync-only", "a node that is not in sync is made primary",
             (Change(JUDGEMENT, "  if (member == nullptr || !view.alive() || !view.report.able) return false;",
                     "  if (!view.alive() || !view.report.able || (member != nullptr && member->node.empty())) return false;"),)),
    Mutation("promise-first", "a node acts before its promise is on disk",
             (Change(NODE, "  saving_ = epoch;", "  saving_ = promise_ = epoch;"),)),
    Mutation("told", "a node that is restarted is primary by itself",
             (Change(NODE, "set(NodeFact::kNewer, record_.epoch > promise_);",
                     "set(NodeFact::kNewer, record_.epoch > promise_ ||\n"
                     "      (record_.epoch == promise_ && state() == NodeState::kWaiting));"),)),
    Mutation("pledge", "a node is admitted though commits do not wait for it yet",
             (Change(REPLICA, AWAITED, "    if (!in_sync(name)) continue;\n"),)),
    Mutation("pledge-forgotten", "who drained and leads on forgets whom it pledged to wait for",
             (Change(REPLICA, "  if (!is_newer) return;\n", ""),)),
    Mutation("no-head", "a node whose journal could not be opened says that it holds what it is asked for",
             (Change(REPLICA, "  if (!head_is_known_) return false;\n", ""),)),
    Mutation("has-all", "a node is admitted before it has everything",
             (Change(SHIPPING, "set(PeerFact::kHasAll, acknowledged_.seq >= leadership.durable.seq && "
                               "(!released || holds(leadership)));",
                     "set(PeerFact::kHasAll, acknowledged_.seq >= Seq{} || released);"),)),
    Mutation("being-committed", "a node is admitted without what is being committed",
             (Change(SHIPPING, "(!released || holds(leadership)));",
                     "(!released || holds(leadership) || node_ != \"\"));"),)),
    Mutation("drop-written", "a node is not waited for any more before the monitor has written that down",
             (Change(REPLICA, AWAITED, AWAITED + "    if (shipping.wish() == failover::Wish::Kind::kDrop) continue;\n"),)),
    Mutation("continues", "a spare's journal is taken for a part of this one whatever its hash",
             (Change(SHIPPING, "return ours->has_value() && **ours == head.hash;", "return ours->has_value();"),)),
    Mutation("refused", "who is refused takes it for an acknowledgement",
             (Change(SHIPPING, "if (const auto* refuse = std::get_if<Refuse>(&message)) return {refuse->promise};",
                     "if (const auto* refuse = std::get_if<Refuse>(&message)) {\n"
                     "    acknowledged(now_ms, refuse->number, sent_);\n    return {};\n  }"),)),
    Mutation("refuses", "a spare takes what an older primary sends",
             (Change(NODE, "  if (epoch < saving_) return true;", "  if (epoch < Epoch{}) return true;"),)),
    Mutation("promise-on-append", "a spare acknowledges without a promise",
             (Change(NODE, "promise_ >= epoch ? bit", "promise_ >= Epoch{} ? bit"),)),
    Mutation("confirm", "a refusal or a read is answered without asking whether the spares still follow",
             (Change(REPLICA, AWAITED, AWAITED + "    if (batch->entries.empty()) continue;\n"),)),
    Mutation("roll-back", "who must abdicate commits and answers what is open",
             (Change(REPLICA, "    actions_.push_back(RollBack{});\n    leadership_.batch.reset();",
                     "    actions_.push_back(Release{true});\n    leadership_.batch.reset();"),)),
    Mutation("open-batch", "a spare's journal is taken for a part of the open batch whatever its hash",
             (Change(SHIPPING, "if (entry.seq == head.seq) return entry.hash == head.hash;",
                     "if (entry.seq == head.seq) return true;"),)),
    Mutation("record-first", "nodes are told of a record that is not on disk",
             (Change(MONITOR, "return {options_.run, ++known.pinged, record_, hand_over, known.asked};",
                     "return {options_.run, ++known.pinged, next_ ? *next_ : record_, hand_over, known.asked};"),)),
    Mutation("new-epoch", "to drop or admit a node begins no new epoch",
             (Change(MONITOR, "Record record{record_.epoch.next(), record_.primary, {}, floor_, record_.forced};",
                     "Record record{record_.epoch, record_.primary, {}, floor_, record_.forced};"),)),
    Mutation("old-wish", "a wish made under an older epoch is granted",
             (Change(JUDGEMENT, "!acts(view.report) || view.report.epoch != record_.epoch", "!acts(view.report)"),)),
    Mutation("on-disk", "a spare acknowledges what is only on its way to its disk",
             (Change(FOLLOWING, "  actions.push_back(AppendToJournal{append.entries});",
                     "  actions.push_back(AppendToJournal{append.entries});\n"
                     "  answer(Ack{append.number, {append.entries.back().seq, append.entries.back().hash}}, actions);"),)),
    Mutation("lost-disk", "a node that lost its disk is made primary",
             (Change(JUDGEMENT, "view.alive() && view.report.promise < member->promise;",
                     "view.alive() && view.report.promise < Epoch{};"),)),
    Mutation("lost-promise", "a node that lost its disk promises again while the record counts on it",
             (Change(NODE, "return self != nullptr && (promise_ < self->promise || !holds_floor_);",
                     "return self != nullptr && promise_ < Epoch{};"),)),
    Mutation("promote-shorter", "a node that lost entries is made primary, and leads",
             (Change(JUDGEMENT, "view.report.damage != Damage::kNone || !holds_floor(node)) return false;",
                     "!member) return false;"),
              Change(JUDGEMENT, "  if (member == nullptr || !view.alive() || !view.report.able) return false;",
                     "  if (member == nullptr || !view.alive()) return false;"),
              Change(NODE, "able_ && holds_floor_ && !lost_something());", "!lost_something());"),
              Change(SIM_FILES, "damage == failover::Damage::kShort", "damage == failover::Damage::kBroken"))),
    Mutation("no-floor", "what the last primary committed is asked of nobody",
             (Change(MONITOR, "if (report.head.seq > floor_.seq) floor_ = report.head;",
                     "if (report.head.seq < floor_.seq) floor_ = report.head;"),)),
    Mutation("no-mark", "a node does not look whether its journal lost its end",
             (Change("src/sim/disk.cpp", "  if (holds(mark.head)) return failover::Damage::kNone;",
                     "  if (holds(mark.head) || !journal.empty()) return failover::Damage::kNone;"),
              Change(MONITOR, "if (report.head.seq > floor_.seq) floor_ = report.head;",
                     "if (report.head.seq < floor_.seq) floor_ = report.head;"))),
    Mutation("overwrite-longer", "a primary replaces a journal that has more that counts than its own",
             (Change(SHIPPING, "if (settled.seq > leadership.durable.seq) return true;",
                     "if (settled.seq > leadership.durable.seq) return false;"),
              Change(MONITOR, "if (report.head.seq > floor_.seq) floor_ = report.head;",
                     "if (report.head.seq < floor_.seq) floor_ = report.head;"),
              Change("src/sim/disk.cpp", "  if (holds(mark.head)) return failover::Damage::kNone;",
                     "  if (holds(mark.head) || !journal.empty()) return failover::Damage::kNone;"))),
    Mutation("damaged-acks", "a node whose journal is damaged takes entries and acknowledges them",
             (Change(FOLLOWING, "handle(message, damaged ? kUnusable : head, actions);", "handle(message, head, actions);"),
              Change(CORE_TASKS, "  if (!writer_) return given.done(Error{Retry::kLater, inbox_->failing()});",
                     "  if (!writer_) return given.done(Position{given.entries.back().seq, given.entries.back().hash});"))),
    Mutation("guess-record", "a lost record is rewritten though a journal is damaged",
             (Change(JUDGEMENT, "return known.view.report.damage == Damage::kNone && known.compared &&",
                     "return known.compared &&"),)),
    Mutation("old-epoch", "a lost record is rewritten under an epoch that was there",
             (Change(MONITOR, "write(rule, alone(highest_epoch().next(), next),", "write(rule, alone(highest_epoch(), next),"),)),
    Mutation("heed", "who drains waits for ever for a node that was dropped meanwhile",
             (Change(NODE_RULES, "A::kHeed,", "A::kWait,"),)),
    Mutation("journal-failed", "a primary whose commit failed goes on",
             (Change(REPLICA, "  leadership_.batch.reset();\n  node_.overruled();\n", "  leadership_.batch.reset();\n"),)),
    Mutation("answer-first", "commands are answered before their batch is on disk",
             (Change(CORE, "  writing_ = true;\n  files_.commit(*writer_, open_->entries,",
                     "  writing_ = true;\n"
                     "  for (std::size_t i = 0; i < open_->batch.size(); ++i) open_->batch[i].done(open_->outcomes[i]);\n"
                     "  for (auto& pending : open_->batch) pending.done = [](const Outcome&) {};\n"
                     "  files_.commit(*writer_, open_->entries,"),)),
    Mutation("verdict", "a batch that the gate refuses is committed and answered",
             (Change(CORE, "    at_gate_ = false;\n    return stop_leading(verdict.passed.error());",
                     "    at_gate_ = false;\n    open_->may_be_answered = true;\n"
                     "    return open_->is_written ? answer() : commit();"),)),
    Mutation("keep-refused", "what was decided of a batch that the gate refused stays in the journal",
             (Change(CORE, "    writer_->undo();\n  }\n  auto waiting = inbox_->stopped_leading();",
                     "    writer_->commit();\n  }\n  auto waiting = inbox_->stopped_leading();"),)),
    Mutation("write-failed", "a write that failed is taken for one that is on disk",
             (Change(CORE, "  if (failed) return commit_failed(*failed);", "  if (failed && failed->damaged) return commit_failed(*failed);"),)),
    Mutation("unmarked", "what the mark does not have is answered",
             (Change(CORE, "  if (unmarked_) return commit_failed(", "  if (unmarked_ && writer_ == nullptr) return commit_failed("),)),
    Mutation("settle-written", "what is written counts for good before every node in sync has it",
             (Change(CORE, "  open_->is_written = true;\n", "  open_->is_written = true;\n  settle(writer_->last());\n"),)),
    Mutation("keep-epoch", "a journal that leads anew goes on under the epoch that it had",
             (Change(CORE_TASKS, "  if (turn.lead) epoch_ = *turn.lead;\n", ""),)),
    Mutation("half-copy", "a copy that may be in place is taken for one that is",
             (Change(CORE_TASKS, "  if (!replaced) return replaced.error();\n  if (!writer_)",
                     "  if (!replaced && !is_unknown) return replaced.error();\n"
                     "  if (is_unknown) return *end;\n  if (!writer_)"),)),
    Mutation("forget-key", "a command is executed again under the key that it had",
             (Change(WRITER, "  if (const auto known = store_->find(submission.key)) {",
                     "  if (const auto known = store_->find(submission.key); known && known->seq == Seq{}) {"),)),
    Mutation("promise-tried", "a promise that could not be saved is taken for one that is",
             (Change(DRIVER, "  if (saved) {\n    const auto epoch", "  if (saved || true) {\n    const auto epoch"),)),
    Mutation("old-link", "a link that is left for a newer one ends that one too",
             (Change(DRIVER, "    if (current == to_spare_.end() || current->second != connection) return;\n",
                     "    if (current == to_spare_.end()) return;\n"),)),
    Mutation("old-monitor", "an earlier run of the monitor is heard beside the one of now",
             (Change(DRIVER, "  if (before && *before != connection) end(*before);\n", ""),)),
    Mutation("silence", "a primary that hangs is never suspected",
             (Change("src/ha/watch/silence.hpp", "return silent_ms(now_ms) > bound_ms();",
                     "return silent_ms(now_ms) > bound_ms() && now_ms < last_ms_;"),)),
    Mutation("suspected-once", "a suspicion outlives the answer, so that the next silence is none",
             (Change(SERVICE_DRIVER, "if (std::exchange(peer.suspicion, std::nullopt))", "if (peer.suspicion)"),)),
    Mutation("not-saved", "a record that could not be written is taken for one that was",
             (Change(SERVICE_DRIVER, "core_.save_failed(now_ms, epoch);", "core_.saved(now_ms, epoch);"),)),
    Mutation("answer-and-keep", "what the primary answered is passed on and tried again all the same",
             (Change(HOLD, "  let_go(*held);\n  held->reply(std::move(*outcome));",
                     "  held->reply(*outcome);\n  keep(held);"),)),
    Mutation("drop-unanswered", "what the primary did not answer is dropped, and not tried at the next one",
             (Change(HOLD, "  if (!outcome || is_to_be_tried_again(*held, *outcome)) return keep(held);",
                     "  if (!outcome) return let_go(*held);\n"
                     "  if (is_to_be_tried_again(*held, *outcome)) return keep(held);"),)),
    Mutation("keep-passed-on", "what another node passed on is kept here, too, and passed on further",
             (Change(HOLD, "  if (held->forwarded) return held->reply(not_primary(primary_));\n", ""),)),
    Mutation("look-once", "what waits for a primary is looked at once, and then no more",
             (Change(HOLD, "  if (!held_.empty()) arm();\n", ""),)),
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
