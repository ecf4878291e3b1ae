// How a primary treats each other node.
#pragma once
#include "ha/failover/rules.hpp"

namespace sportapp::replication {

enum class PeerState : std::uint8_t {
  kAway,       // no link
  kGreeting,   // asked where its journal ends
  kStreaming,  // gets what it lacks, then every batch
  kCopying,    // gets a whole journal, since its own does not continue in ours
};

enum class PeerFact : std::uint8_t {
  kInSync,   // by the record acted on
  kPledged,  // waited for on every commit, though the record does not count it yet
  kLate,     // it keeps the primary waiting for too long
  kSentAll,  // everything on this disk, and the open batch if it is awaited, was sent
  kNear,     // little of what was sent is not on its disk yet, or waiting for that has taken long enough
  kLacking,  // it was waited for when it said where its journal ends, and that was before the end of this one
  kHasAll,   // everything on this disk, or on its way there, is on its disk
  kLinked,   // a link to it was opened
  kGone,     // the link to it was closed
  kGreeted,  // it said where its journal ends
  kFits,     // its journal continues in this one
};

enum class PeerAction : std::uint8_t {
  kWait,
  kShip,
  kPledge,
  kWishAdmit,
  kWishDrop,
  kCut,
  kGreet,   // ask where its journal ends
  kStream,  // go on from there
  kCopy,    // give it a whole journal
  kLeave,   // there is no link any more
};

[[nodiscard]] const failover::Table& peer_table();

}  // namespace sportapp::replication
