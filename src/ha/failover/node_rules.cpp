#include "ha/failover/node_rules.hpp"

#include <array>

namespace sportapp::failover {
namespace {

using S = NodeState;
using F = NodeFact;
using A = NodeAction;

constexpr Rule row(std::string_view number, std::initializer_list<S> in, std::initializer_list<F> yes,
                   std::initializer_list<F> no, A action, std::string_view reason) {
  return {number, bits(in), bits(yes), bits(no), static_cast<std::uint8_t>(action), -1, reason};
}

constexpr Rule row(std::string_view number, std::initializer_list<S> in, std::initializer_list<F> yes,
                   std::initializer_list<F> no, A action, S next, std::string_view reason) {
  auto rule = row(number, in, yes, no, action, reason);
  rule.next = static_cast<std::int8_t>(next);
  return rule;
}

// clang-format off
constexpr std::array kRules{
    row("N1", {S::kWaiting, S::kSpare}, {}, {F::kMine}, A::kWait,
        "another is to be primary"),
    row("N2", {S::kWaiting, S::kSpare}, {F::kMine}, {F::kNewer}, A::kWait,
        "promised already, before a restart or giving up: only a newer record makes it primary again"),
    row("N3", {S::kWaiting, S::kSpare}, {F::kMine, F::kNewer}, {F::kAble}, A::kWait,
        "it cannot write, or lacks acknowledged entries; its report says so"),
    row("N4", {S::kWaiting, S::kSpare}, {F::kMine, F::kNewer, F::kAble}, {F::kIdle}, A::kWait,
        "entries of the last primary are on their way to the disk"),
    row("N5", {S::kWaiting, S::kSpare}, {F::kMine, F::kNewer, F::kAble, F::kIdle, F::kSaving}, {}, A::kWait,
        "an older promise is on its way to the disk"),
    row("N6", {S::kWaiting, S::kSpare}, {F::kMine, F::kNewer, F::kAble, F::kIdle}, {F::kSaving}, A::kPromise, S::kPromising,
        "it is to be primary: promise first"),
    row("N7", {S::kPromising}, {F::kSaving}, {}, A::kWait,
        "the promise is not on disk yet"),
    row("N8", {S::kPromising}, {}, {F::kSaving, F::kMine}, A::kStandDown, S::kWaiting,
        "the record changed meanwhile"),
    row("N9", {S::kPromising}, {F::kMine, F::kNewer}, {F::kSaving}, A::kPromise, S::kPromising,
        "the record changed meanwhile, and still names it"),
    row("N10", {S::kPromising}, {F::kMine}, {F::kSaving, F::kNewer, F::kOverruled}, A::kLead, S::kPrimary,
        "the promise is on disk"),
    row("N11", {S::kPromising}, {F::kMine, F::kOverruled}, {F::kSaving, F::kNewer}, A::kStandDown, S::kWaiting,
        "another has promised more"),
    row("N12", {S::kPrimary, S::kDraining}, {F::kOverruled}, {}, A::kAbdicate, S::kAbdicating,
        "what is open may never be acknowledged"),
    row("N13", {S::kPrimary, S::kDraining}, {F::kNewer}, {F::kOverruled, F::kMine}, A::kAbdicate, S::kAbdicating,
        "another is primary"),
    row("N14", {S::kPrimary, S::kDraining}, {F::kNewer, F::kMine}, {F::kOverruled, F::kSaving}, A::kPromise,
        "who is in sync has changed: promise before acting on it"),
    row("N15", {S::kPrimary, S::kDraining}, {F::kNewer, F::kMine, F::kSaving}, {F::kOverruled}, A::kWait,
        "the promise is not on disk yet"),
    row("N16", {S::kPrimary, S::kDraining}, {F::kSaving}, {F::kOverruled, F::kNewer}, A::kWait,
        "the promise is on its way"),
    row("N17", {S::kPrimary}, {F::kMine}, {F::kOverruled, F::kNewer, F::kSaving, F::kActing}, A::kLead, S::kPrimary,
        "act on the new record"),
    row("N18", {S::kPrimary}, {F::kActing, F::kHandOver}, {F::kOverruled, F::kNewer, F::kSaving}, A::kDrain, S::kDraining,
        "another is to take its place"),
    row("N19", {S::kPrimary}, {F::kActing}, {F::kOverruled, F::kNewer, F::kSaving, F::kHandOver}, A::kWait,
        "all is well"),
    row("N20", {S::kDraining}, {F::kActing}, {F::kOverruled, F::kNewer, F::kSaving, F::kIdle}, A::kWait,
        "something is under way still"),
    row("N21", {S::kDraining}, {F::kIdle, F::kActing, F::kHandOver}, {F::kOverruled, F::kNewer, F::kSaving}, A::kWait,
        "drained; the monitor will write the successor down"),
    row("N22", {S::kDraining}, {F::kIdle, F::kActing}, {F::kOverruled, F::kNewer, F::kSaving, F::kHandOver}, A::kLead, S::kPrimary,
        "the switchover was given up"),
    row("N23", {S::kDraining}, {F::kIdle, F::kMine}, {F::kOverruled, F::kNewer, F::kSaving, F::kActing}, A::kLead, S::kPrimary,
        "who is in sync has changed; it is still primary"),
    row("N24", {S::kDraining}, {F::kMine}, {F::kOverruled, F::kNewer, F::kSaving, F::kActing, F::kIdle}, A::kHeed,
        "who is in sync has changed: what is under way must not wait for a node that was dropped"),
    row("N25", {S::kPrimary, S::kDraining}, {}, {F::kOverruled, F::kNewer, F::kSaving, F::kActing, F::kMine}, A::kAbdicate, S::kAbdicating,
        "the record names another, and the promise covers it"),
    row("N26", {S::kAbdicating}, {}, {F::kIdle}, A::kWait,
        "what was under way is being undone"),
    row("N27", {S::kAbdicating}, {F::kIdle}, {}, A::kStandDown, S::kWaiting,
        "everything is undone"),
    row("N28", {S::kWaiting, S::kSpare}, {F::kAsked, F::kCovered}, {}, A::kFollow, S::kSpare,
        "the promise on disk is the epoch of the primary that asks"),
    row("N29", {S::kWaiting, S::kSpare}, {F::kAsked}, {F::kCovered, F::kSaving}, A::kPromise,
        "the primary that asks is of a later epoch: promise it first"),
    row("N30", {S::kWaiting, S::kSpare}, {F::kAsked, F::kSaving}, {F::kCovered}, A::kWait,
        "the promise is on its way to the disk"),
    row("N31", {S::kPromising, S::kPrimary, S::kDraining, S::kAbdicating}, {F::kAsked}, {}, A::kWait,
        "it follows nobody while it has a term of its own"),
    row("N32", {S::kSpare}, {F::kLeft}, {F::kAsked}, A::kLeave, S::kWaiting,
        "the primary it followed is gone"),
    row("N33", {S::kWaiting, S::kPromising, S::kPrimary, S::kDraining, S::kAbdicating}, {F::kLeft}, {F::kAsked}, A::kWait,
        "it follows nobody"),
};
// clang-format on

constexpr std::array<std::string_view, 6> kStates{"waiting", "spare",    "promising",
                                                  "primary", "draining", "abdicating"};
constexpr std::array<std::string_view, 11> kFacts{"newer",     "mine",      "saving", "able",
                                                  "overruled", "hand over", "idle",   "acting",
                                                  "asked",     "covered",   "left"};
constexpr std::array<std::string_view, 9> kActions{"wait",       "promise", "lead",  "drain", "abdicate",
                                                   "stand down", "follow",  "leave", "heed"};

}  // namespace

const Table& node_table() {
  static constexpr Table kTable{"node", kRules, kStates, kFacts, kActions, bits({F::kAsked, F::kLeft})};
  return kTable;
}

}  // namespace sportapp::failover
