#include "ha/failover/monitor_rules.hpp"

#include <array>

namespace sportapp::failover {
namespace {

using S = MonitorState;
using F = MonitorFact;
using A = MonitorAction;

constexpr Rule row(std::string_view number, Bits in, std::initializer_list<F> yes,
                   std::initializer_list<F> no, A action, S next, std::string_view reason) {
  return {number, in, bits(yes), bits(no), static_cast<std::uint8_t>(action), static_cast<std::int8_t>(next),
          reason};
}

// The record on disk is the last one written, as far as any node knows.
constexpr Rule steady(std::string_view number, std::initializer_list<F> yes, std::initializer_list<F> no,
                      A action, S next, std::string_view reason) {
  auto rule = row(number, bit(S::kSteady), yes, no, action, next, reason);
  rule.no |= bit(F::kOutrun);
  return rule;
}

// No record counts, and none was read.
constexpr Rule unrecorded(std::string_view number, std::initializer_list<F> yes, std::initializer_list<F> no,
                          A action, S next, std::string_view reason) {
  auto rule = row(number, bit(S::kNoRecord), yes, no, action, next, reason);
  rule.no |= bit(F::kRecorded);
  return rule;
}

// clang-format off
constexpr std::array kRules{
    unrecorded("M1", {}, {F::kAllHeard}, A::kWait, S::kNoRecord,
        "the first record needs every node's word"),
    unrecorded("M2", {F::kAllHeard}, {F::kPromised}, A::kBegin, S::kSaving,
        "a new service: the node with the longest journal begins"),
    unrecorded("M3", {F::kAllHeard, F::kPromised}, {F::kComplete}, A::kAlarm, S::kNoRecord,
        "there was a record and it is lost: who is in sync is not known"),
    unrecorded("M14", {F::kAllHeard, F::kPromised, F::kComplete}, {}, A::kRestore, S::kSaving,
        "the record is lost, but every node has its files, and one has all that the others have"),
    row("M16", bit(S::kNoRecord), {F::kRecorded}, {}, A::kWait, S::kSteady,
        "a record was read at the start: it counts"),
    row("M4", bit(S::kSaving), {}, {F::kSaved}, A::kWait, S::kSaving,
        "nothing counts before it is on disk"),
    row("M5", bit(S::kSaving), {F::kSaved}, {}, A::kTell, S::kSteady,
        "the record is on disk"),
    steady("M6", {F::kEligible}, {F::kFit, F::kCold}, A::kPromote, S::kSaving,
        "the primary is lost, and another holds every acknowledged entry"),
    steady("M7", {F::kEligible, F::kCold}, {F::kFit}, A::kWait, S::kSteady,
        "everything is starting: every node in sync gets a moment to appear, and the longest journal counts"),
    steady("M8", {}, {F::kFit, F::kEligible}, A::kAlarm, S::kSteady,
        "the primary is lost, and no node that answers is known to have every acknowledged entry"),
    steady("M9", {F::kFit, F::kWishDrop}, {}, A::kDrop, S::kSaving,
        "the primary cannot reach a node, and must not wait for it"),
    steady("M10", {F::kFit, F::kWishAdmit}, {F::kWishDrop}, A::kAdmit, S::kSaving,
        "a node has everything, and the primary waits for it on every commit"),
    steady("M11", {F::kFit, F::kHandOver, F::kDrained}, {F::kWishDrop, F::kWishAdmit}, A::kSwitch, S::kSaving,
        "nothing is under way, and the other has all of it"),
    steady("M12", {F::kFit, F::kHandOver}, {F::kWishDrop, F::kWishAdmit, F::kDrained}, A::kAskToDrain, S::kSteady,
        "the primary must stop before another begins"),
    steady("M13", {F::kFit}, {F::kWishDrop, F::kWishAdmit, F::kHandOver}, A::kWait, S::kSteady,
        "all is well"),
    row("M15", bit(S::kSteady), {F::kOutrun}, {}, A::kForget, S::kNoRecord,
        "a node has promised more than the record says, so a later one was written and is lost"),
    row("M17", bits({S::kNoRecord, S::kSteady}), {F::kForced}, {}, A::kForce, S::kSaving,
        "an operator decides, at the price of what was acknowledged elsewhere"),
    row("M18", bit(S::kSaving), {F::kForced}, {}, A::kWait, S::kSaving,
        "a change is on its way to the disk: the operator is asked to try again"),
};
// clang-format on

constexpr std::array<std::string_view, 3> kStates{"no record", "saving", "steady"};
constexpr std::array<std::string_view, 14> kFacts{
    "all heard",  "promised",  "saved",   "fit",      "eligible", "cold",     "wish drop",
    "wish admit", "hand over", "drained", "complete", "outrun",   "recorded", "forced"};
constexpr std::array<std::string_view, 12> kActions{"wait",    "begin",   "alarm",  "tell",
                                                    "promote", "drop",    "admit",  "ask to drain",
                                                    "switch",  "restore", "forget", "force"};

}  // namespace

const Table& monitor_table() {
  static constexpr Table kTable{"monitor", kRules, kStates, kFacts, kActions, bit(F::kForced)};
  return kTable;
}

}  // namespace sportapp::failover
