#pragma once
#include "base/result.hpp"
#include "ops/cli/running_instance.hpp"

namespace sportapp::cli {

// Restarts every process but the supervisor, one at a time, and says how far it is. Stops at the first that
// does not come back: an error that says which are left.
[[nodiscard]] Result<void> rolling_restart(const RunningInstance& instance);

}  // namespace sportapp::cli
