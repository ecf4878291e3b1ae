// The faults of one run, as a scenario says them: what is brought about when, to whom, and when it is healed.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "lab/agent/link_rule.hpp"
#include "lab/fault/fault_log.hpp"

namespace sportapp::lab {

struct FaultPlan {
  int number = 0;  // 1, 2, 3...
  FaultKind kind = FaultKind::kKill;
  // Who; resolved when it strikes. `users.primary`, `users.spare`, `users.a`, `users.both`, `users.queries`,
  // `monitor`, `redis`, `gateway`; several with `+`. Of a cut the two ends of each link, with `-` between
  // them: `users.primary-users.spare`, `monitor-users.primary`, `monitor-users.spare`, `users.primary-redis`.
  // Of switchover the service. Of rolling, poison and command nothing needs it: it is only told.
  std::string target;
  std::int64_t at_us = 0;          // since the load's start, monotonic
  std::int64_t heal_after_ms = 0;  // 0: healed at the end of the run
  bool after_redundant = false;    // not before every service is redundant (again)

  LinkAction action = LinkAction::kDrop;   // cut
  Direction direction = Direction::kBoth;  // cut
  std::int64_t delay_ms = 0;               // cut with delay: of every byte; slow_disk: of every sync
  std::int64_t bytes_per_s = 0;            // cut with limit
  int cpu_percent = 10;                    // squeeze: of one core, what is left to it
  std::string how = "crash";  // poison: what the request makes its process do; crash, hang, memory
  std::string inject;         // command: run by sh
  std::string heal;           // command: run by sh when it is healed; may be empty
};

// Whether the plan has what its kind needs, and nothing that is out of bounds; an error names the field.
[[nodiscard]] Result<void> check(const FaultPlan& plan);

// "users.primary+monitor" -> its parts; of a cut each part is a link.
[[nodiscard]] std::vector<std::string> parts_of(std::string_view target);
struct LinkEnds {
  std::string one;
  std::string other;
};
// "monitor-users.spare" -> its ends.
[[nodiscard]] Result<LinkEnds> ends_of(std::string_view link);

}  // namespace sportapp::lab
