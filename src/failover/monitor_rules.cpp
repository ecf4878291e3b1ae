#include "failover/monitor_rules.hpp"

#include <array>

namespace sportapp::failover {
namespace {

using S = MonitorState;
using F = MonitorFact;
using A = MonitorAction;

constexpr Rule row(std::string_view number, S in, std::initializer_list<F> yes, std::initializer_list<F> no,
                   A action, S next, std::string_view reason) {
  return {
      number, bit(in), bits(yes), bits(no), static_cast<std::uint8_t>(action), static_cast<std::int8_t>(next),
      reason};
}

// clang-format off
constexpr std::array kRules{
    row("M1", S::kNoRecord, {}, {F::kAllHeard}, A::kWait, S::kNoRecord,
        "the first record needs every node's word"),
    row("M2", S::kNoRecord, {F::kAllHeard}, {F::kPromised}, A::kBegin, S::kSaving,
        "a new service: the node with the longest journal begins"),
    row("M3", S::kNoRecord, {F::kAllHeard, F::kPromised}, {}, A::kAlarm, S::kNoRecord,
        "there was a record and it is lost: who is in sync is not known"),
    row("M4", S::kSaving, {}, {F::kSaved}, A::kWait, S::kSaving,
        "nothing counts before it is on disk"),
    row("M5", S::kSaving, {F::kSaved}, {}, A::kTell, S::kSteady,
        "the record is on disk"),
    row("M6", S::kSteady, {F::kEligible}, {F::kFit, F::kCold}, A::kPromote, S::kSaving,
        "the primary is lost, and another holds every acknowledged entry"),
    row("M7", S::kSteady, {F::kEligible, F::kCold}, {F::kFit}, A::kWait, S::kSteady,
        "everything is starting: the recorded primary gets a moment to appear"),
    row("M8", S::kSteady, {}, {F::kFit, F::kEligible}, A::kAlarm, S::kSteady,
        "the primary is lost, and no node that answers is in sync"),
    row("M9", S::kSteady, {F::kFit, F::kWishDrop}, {}, A::kDrop, S::kSaving,
        "the primary cannot reach a node, and must not wait for it"),
    row("M10", S::kSteady, {F::kFit, F::kWishAdmit}, {F::kWishDrop}, A::kAdmit, S::kSaving,
        "a node has everything, and the primary waits for it on every commit"),
    row("M11", S::kSteady, {F::kFit, F::kHandOver, F::kDrained}, {F::kWishDrop, F::kWishAdmit}, A::kSwitch, S::kSaving,
        "nothing is under way, and the other has all of it"),
    row("M12", S::kSteady, {F::kFit, F::kHandOver}, {F::kWishDrop, F::kWishAdmit, F::kDrained}, A::kAskToDrain, S::kSteady,
        "the primary must stop before another begins"),
    row("M13", S::kSteady, {F::kFit}, {F::kWishDrop, F::kWishAdmit, F::kHandOver}, A::kWait, S::kSteady,
        "all is well"),
};
// clang-format on

constexpr std::array<std::string_view, 3> kStates{"no record", "saving", "steady"};
constexpr std::array<std::string_view, 10> kFacts{"all heard", "promised", "saved",     "fit",
                                                  "eligible",  "cold",     "wish drop", "wish admit",
                                                  "hand over", "drained"};
constexpr std::array<std::string_view, 9> kActions{"wait", "begin", "alarm",        "tell",  "promote",
                                                   "drop", "admit", "ask to drain", "switch"};

}  // namespace

const Table& monitor_table() {
  static constexpr Table kTable{"monitor", kRules, kStates, kFacts, kActions};
  return kTable;
}

}  // namespace sportapp::failover
