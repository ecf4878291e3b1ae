// What a node does about its role.
#pragma once
#include "ha/failover/rules.hpp"

namespace sportapp::failover {

enum class NodeState : std::uint8_t {
  kWaiting,     // to be told: just started, gave up, or its primary is gone
  kSpare,       // follows a primary
  kPromising,   // is to be primary; its promise is on its way to the disk
  kPrimary,     // decides and answers
  kDraining,    // is primary, decides nothing more
  kAbdicating,  // is not primary any more; what was under way is being undone
};

enum class NodeFact : std::uint8_t {
  kNewer,      // the record is of a higher epoch than the promise on disk
  kMine,       // the record names this node primary
  kSaving,     // a promise is on its way to the disk
  kAble,       // the journal takes writes, and holds what every primary must hold
  kOverruled,  // another node has a higher promise, or the journal failed under a batch: what is open cannot
               // count
  kHandOver,   // the monitor asks this primary to stop deciding
  kIdle,       // the journal has nothing under way
  kActing,     // the record is the one acted on
  kAsked,      // another primary asks this node to follow it
  kCovered,    // the promise on disk is that primary's epoch
  kLeft,       // the primary it followed is gone
};

enum class NodeAction : std::uint8_t {
  kWait,
  kPromise,    // save the record's epoch as promise, or that of the primary that asks
  kLead,       // decide commands under the record's epoch, wait for its in-sync nodes
  kDrain,      // decide nothing more, answer what is under way
  kAbdicate,   // decide nothing more, undo what is under way
  kStandDown,  // nothing to undo
  kFollow,     // take entries of the primary that asks
  kLeave,      // take no more of them
  kHeed,       // wait for those that are in sync by the new record; decide nothing all the same
};

[[nodiscard]] const Table& node_table();

}  // namespace sportapp::failover
