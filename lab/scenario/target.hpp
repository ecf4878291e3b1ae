// What a scenario may name as the target of a fault: processes by what they are at the moment.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "lab/fault/fault_log.hpp"

namespace sportapp::lab {

struct Target {
  enum class Who : std::uint8_t { kPrimary, kSpare, kNode, kBoth, kQueries, kMonitor, kRedis, kGateway };
  Who who = Who::kPrimary;
  std::string service;  // empty: it serves all
  std::string node;     // of kNode a, b, c; of kQueries 1, 2, or empty for all of them
  // That many spares there must be.
  [[nodiscard]] int spares_needed() const;
};

// One, without `+`: `users.primary`, `users.spare`, `users.a`, `users.both`, `users.queries`,
// `users.queries.1`, `monitor`, `redis`, `gateway`. An error says what there is.
[[nodiscard]] Result<Target> parse_target(std::string_view text);

// Whether a fault of this kind can be brought upon that, as it stands in a scenario; says what can be.
[[nodiscard]] Result<void> check_target(FaultKind kind, std::string_view target);
// The spares that it takes for there to be such a target.
[[nodiscard]] int spares_needed(FaultKind kind, std::string_view target);

// Which kinds have something to heal, and which strike a process, and so need one as target.
[[nodiscard]] bool can_be_healed(FaultKind kind);

// Whom the load's poison requests go to.
inline constexpr std::string_view kPoisoned = "users.primary";

inline constexpr std::string_view kKindNames =
    "kill, stop, freeze, cut, slow_disk, full_disk, squeeze, poison, switchover, rolling, command";

}  // namespace sportapp::lab
