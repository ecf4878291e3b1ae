// CPU time of one process limited by the kernel: control groups of version 2 or 1, where this user may make
// one.
#pragma once
#include <vector>

#include "base/result.hpp"
#include "lab/agent/injection.hpp"

namespace sportapp::lab {

// Where a group for the process might be made, the likeliest first; nothing is made yet.
[[nodiscard]] std::vector<Throttled> throttle_choices(const std::string& name, const process::ProcessId& id,
                                                      int cpu_percent);
// An error leaves nothing behind.
[[nodiscard]] Result<void> throttle(const Throttled& throttled);
// The limit goes first, then the group. What is there no more is no error.
[[nodiscard]] Result<void> unthrottle(const Throttled& throttled);

}  // namespace sportapp::lab
