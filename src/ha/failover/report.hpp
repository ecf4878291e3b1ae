// What monitor and node tell each other. Each message is whole: losing, repeating or reordering some does no
// harm, since a node keeps the record of the highest epoch, and the monitor takes only echoes newer than the
// last.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "ha/failover/record.hpp"

namespace sportapp::failover {

// The types of their frames on a link.
inline constexpr std::uint8_t kPingFrame = 1;
inline constexpr std::uint8_t kEchoFrame = 2;

// The monitor to a node.
struct Ping {
  std::uint64_t monitor = 0;  // this run of the monitor
  std::uint64_t number = 0;   // 1, 2, 3... within it
  Record record;              // as it is on disk
  bool hand_over = false;     // to the primary of `record`: stop deciding, another is to take its place
  Position floor{};           // does the node's journal hold it?
};

// What is wrong with a node's journal, by what the node itself knows.
enum class Damage : std::uint8_t {
  kNone,
  kShort,   // entries at its end are gone, the rest can be used
  kBroken,  // it cannot be used, or entries in it are not what they were
};

enum class Role : std::uint8_t {
  kWaiting,   // to be told
  kSpare,     // follows a primary
  kPrimary,   // decides and answers
  kDraining,  // is primary and decides nothing more, so that another can take its place
};
[[nodiscard]] std::string_view to_string(Role role);

// What a primary asks of the monitor, under the epoch of its report.
struct Wish {
  enum class Kind : std::uint8_t { kNone, kDrop, kAdmit };
  Kind kind = Kind::kNone;
  std::string node;
  bool operator==(const Wish&) const = default;
};

// A node of itself.
struct Report {
  std::uint64_t run = 0;  // this run of the node's process: random
  Role role = Role::kWaiting;
  Epoch promise;          // on disk: the highest epoch it acts or acted under
  Epoch epoch;            // primary, draining: that of the record it acts on; spare: that of its primary
  Position head;          // last entry on disk
  bool able = true;       // its journal takes writes
  std::string why;        // it is not able
  bool drained = false;   // draining: nothing is under way any more
  bool followed = false;  // was primary, or had one, in this run
  std::int64_t up_ms = 0;
  Wish wish;
  Epoch told;                     // the highest epoch that it was told or is promising
  Damage damage = Damage::kNone;  // then `able` is false, and `why` says more
  Position checked;               // the floor of the ping answered
  bool holds = false;             // its journal holds it
  bool about_to_lead = false;     // it was told to be primary, and may begin at any moment
};

// It is primary, as far as it knows.
[[nodiscard]] inline bool acts(const Report& report) {
  return report.role == Role::kPrimary || report.role == Role::kDraining;
}

// A node's answer to a ping.
struct Echo {
  std::uint64_t monitor = 0;
  std::uint64_t number = 0;
  Report report;
};

[[nodiscard]] std::string encode(const Ping& ping);
[[nodiscard]] std::string encode(const Echo& echo);
[[nodiscard]] Result<Ping> decode_ping(std::string_view bytes);
[[nodiscard]] Result<Echo> decode_echo(std::string_view bytes);

}  // namespace sportapp::failover
