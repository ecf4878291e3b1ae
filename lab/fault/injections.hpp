// What a fault that the fault agent takes back does to whom, now.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "lab/agent/injection.hpp"
#include "lab/fault/fault.hpp"

namespace sportapp::lab {

// Whom a target means now: those of all its parts, each once.
[[nodiscard]] Result<std::vector<TargetProcess>> find_target_processes(Subject& subject,
                                                                       std::string_view target);
// "users-commands-a and monitor"
[[nodiscard]] std::string names_of(const std::vector<TargetProcess>& targets);

struct Injections {
  std::vector<Injection> injections;
  std::string what;
};
// Ways to bring it about, the best first: the next one is for where the first cannot be done. At least one.
[[nodiscard]] Result<std::vector<Injections>> injections_of(const FaultPlan& plan,
                                                            const FaultContext& context);

// How many processes that compute leave one of ours so much of a core, where the kernel shares time fairly.
[[nodiscard]] int cpu_load_for(int cpu_percent, int cores);

}  // namespace sportapp::lab
