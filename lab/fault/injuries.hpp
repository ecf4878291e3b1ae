// What a fault that the healer takes back does to whom, now.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "lab/fault/fault.hpp"
#include "lab/healer/injury.hpp"

namespace sportapp::lab {

// Whom a target means now: those of all its parts, each once.
[[nodiscard]] Result<std::vector<Victim>> find_victims(Subject& subject, std::string_view target);
// "users-commands-a and monitor"
[[nodiscard]] std::string names_of(const std::vector<Victim>& victims);

struct Injuries {
  std::vector<Injury> injuries;
  std::string what;
};
// Ways to bring it about, the best first: the next one is for where the first cannot be done. At least one.
[[nodiscard]] Result<std::vector<Injuries>> injuries_of(const FaultPlan& plan, const Means& means);

// How many processes that compute leave one of ours so much of a core, where the kernel shares time fairly.
[[nodiscard]] int crowd_for(int cpu_percent, int cores);

}  // namespace sportapp::lab
