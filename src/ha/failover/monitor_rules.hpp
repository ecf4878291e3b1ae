// The monitor's decisions about one service.
#pragma once
#include "ha/failover/rules.hpp"

namespace sportapp::failover {

enum class MonitorState : std::uint8_t {
  kNoRecord,  // none is on disk
  kSaving,    // a new one is on its way to the disk
  kSteady,    // the one on disk is what every ping says
};

enum class MonitorFact : std::uint8_t {
  kAllHeard,   // every node of the service has answered
  kPromised,   // one of them has promised something: there was a record
  kSaved,      // the new record is on disk
  kFit,        // the primary answers pings, takes writes, and acts on the record or is about to
  kEligible,   // a node could take the primary's place: in sync, answering, able, its files as they were, and
               // its journal holds the floor
  kCold,       // the whole instance is starting, and not every node in sync has been heard
  kWishDrop,   // the primary asks to be without a node
  kWishAdmit,  // the primary asks to count a node
  kHandOver,   // another node in sync is to be primary: an operator's wish, or the preferred node is back
  kDrained,    // the primary has stopped, and that node has all it has
  kComplete,   // without a record: every node has promised, none is damaged, and one journal contains the
               // others
  kOutrun,     // a node has promised a higher epoch than that of the record on disk
  kRecorded,   // a record was read at the start
  kForced,     // an operator names the primary, whatever is known of it
};

enum class MonitorAction : std::uint8_t {
  kWait,
  kBegin,       // write the first record
  kAlarm,       // tell people: no rule can help
  kTell,        // the record on disk is what counts
  kPromote,     // write that the eligible node with the longest journal is primary, alone in sync
  kDrop,        // write that the node is not in sync
  kAdmit,       // write that the node is in sync
  kAskToDrain,  // the pings say: hand over
  kSwitch,      // write that the other node is primary, both in sync
  kRestore,     // write a record anew: the node that has everything is primary, alone in sync
  kForget,      // go on as without a record
  kForce,       // write that the node the operator names is primary, alone in sync
};

[[nodiscard]] const Table& monitor_table();

}  // namespace sportapp::failover
