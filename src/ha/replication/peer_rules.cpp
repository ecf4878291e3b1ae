#include "ha/replication/peer_rules.hpp"

#include <array>

namespace sportapp::replication {
namespace {

using failover::bit;
using failover::bits;
using failover::Rule;
using failover::Table;
using S = PeerState;
using F = PeerFact;
using A = PeerAction;

constexpr failover::Bits kWithLink = bits({S::kGreeting, S::kStreaming, S::kCopying});

constexpr Rule row(std::string_view number, failover::Bits in, std::initializer_list<F> yes,
                   std::initializer_list<F> no, A action, S next, std::string_view reason) {
  return {number, in, bits(yes), bits(no), static_cast<std::uint8_t>(action), static_cast<std::int8_t>(next),
          reason};
}

constexpr Rule row(std::string_view number, S in, std::initializer_list<F> yes, std::initializer_list<F> no,
                   A action, S next, std::string_view reason) {
  return row(number, bit(in), yes, no, action, next, reason);
}

// clang-format off
constexpr std::array kRules{
    row("P1", S::kAway, {}, {F::kInSync, F::kPledged}, A::kWait, S::kAway,
        "nothing waits for it"),
    row("P2", S::kAway, {F::kInSync}, {F::kLate}, A::kWait, S::kAway,
        "it may be there in a moment"),
    row("P3", S::kAway, {F::kPledged}, {F::kLate, F::kInSync}, A::kWait, S::kAway,
        "it may be there in a moment"),
    row("P4", S::kAway, {F::kInSync, F::kLate}, {}, A::kWishDrop, S::kAway,
        "commits wait for a node that is gone"),
    row("P5", S::kAway, {F::kPledged, F::kLate}, {F::kInSync}, A::kWishDrop, S::kAway,
        "it was to be admitted and is gone: that must be undone before anything is answered without it"),
    row("P6", S::kGreeting, {}, {F::kLate}, A::kWait, S::kGreeting,
        "it will say where its journal ends"),
    row("P7", S::kGreeting, {F::kLate}, {}, A::kCut, S::kAway,
        "it does not answer"),
    row("P8", S::kStreaming, {F::kLate}, {}, A::kCut, S::kAway,
        "it does not answer"),
    row("P9", S::kStreaming, {}, {F::kLate, F::kSentAll, F::kLacking}, A::kShip, S::kStreaming,
        "it lacks entries"),
    row("P10", S::kStreaming, {F::kSentAll, F::kNear}, {F::kLate, F::kInSync, F::kPledged, F::kLacking}, A::kPledge, S::kStreaming,
        "the rest is on its way to it: from now on every commit waits for it"),
    row("P11", S::kStreaming, {F::kSentAll, F::kPledged}, {F::kLate, F::kInSync, F::kHasAll, F::kLacking}, A::kWait, S::kStreaming,
        "what was sent is not on its disk yet"),
    row("P12", S::kStreaming, {F::kSentAll, F::kPledged, F::kHasAll}, {F::kLate, F::kInSync, F::kLacking}, A::kWishAdmit, S::kStreaming,
        "it has everything, and every commit waits for it"),
    row("P13", S::kStreaming, {F::kSentAll, F::kInSync}, {F::kLate, F::kLacking}, A::kWait, S::kStreaming,
        "in sync"),
    row("P18", S::kStreaming, {F::kSentAll}, {F::kLate, F::kInSync, F::kPledged, F::kNear, F::kLacking}, A::kWait, S::kStreaming,
        "much is on its way to it, for which no commit shall wait"),
    row("P19", S::kStreaming, {F::kLacking}, {F::kLate}, A::kWishDrop, S::kStreaming,
        "it counts, and has lost entries: it gets them once nobody counts on it"),
    row("P14", S::kCopying, {F::kLate}, {}, A::kCut, S::kAway,
        "it does not answer"),
    row("P15", S::kCopying, {F::kInSync}, {F::kLate}, A::kWishDrop, S::kCopying,
        "it counts as in sync and is not"),
    row("P16", S::kCopying, {F::kPledged}, {F::kLate, F::kInSync}, A::kWishDrop, S::kCopying,
        "it was to be admitted and lacks entries"),
    row("P17", S::kCopying, {}, {F::kLate, F::kInSync, F::kPledged}, A::kShip, S::kCopying,
        "its journal is replaced by a copy of this one"),
    row("P20", bit(S::kAway) | kWithLink, {F::kLinked}, {F::kGone}, A::kGreet, S::kGreeting,
        "a link to it was opened"),
    row("P21", kWithLink, {F::kGone}, {}, A::kLeave, S::kAway,
        "the link to it was closed"),
    row("P22", bit(S::kAway), {F::kGone}, {}, A::kWait, S::kAway,
        "there was no link"),
    row("P23", kWithLink, {F::kGreeted, F::kFits}, {F::kLinked, F::kGone}, A::kStream, S::kStreaming,
        "its journal continues in this one"),
    row("P24", kWithLink, {F::kGreeted}, {F::kFits, F::kLinked, F::kGone}, A::kCopy, S::kCopying,
        "its journal does not continue in this one"),
    row("P25", bit(S::kAway), {F::kGreeted}, {F::kLinked, F::kGone}, A::kWait, S::kAway,
        "it spoke on a link that was closed"),
};
// clang-format on

constexpr std::array<std::string_view, 4> kStates{"away", "greeting", "streaming", "copying"};
constexpr std::array<std::string_view, 11> kFacts{"in sync", "pledged", "late", "sent all", "near", "lacking",
                                                  "has all", "linked",  "gone", "greeted",  "fits"};
constexpr std::array<std::string_view, 10> kActions{"wait", "ship",  "pledge", "wish admit", "wish drop",
                                                    "cut",  "greet", "stream", "copy",       "leave"};

}  // namespace

const Table& peer_table() {
  static constexpr Table kTable{
      "peer of a primary", kRules, kStates, kFacts, kActions, bits({F::kLinked, F::kGone, F::kGreeted})};
  return kTable;
}

}  // namespace sportapp::replication
