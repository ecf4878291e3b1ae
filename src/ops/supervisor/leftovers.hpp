#pragma once
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/process/process_id.hpp"
#include "base/result.hpp"
#include "ops/instance/layout.hpp"

namespace sportapp::supervisor {

// Processes of an earlier supervisor on this data that outlived it: those it wrote down (pid and start time),
// and those that work below DATA/run with one of our programs (NGINX workers whose master was killed keep the
// port). Meaningful only while this process holds the instance lock.
[[nodiscard]] std::vector<process::SeenProcess> find_leftovers(const instance::Layout& layout);

// Asks them to end, then kills them; gives how many there were. An error names those that would not go.
[[nodiscard]] Result<std::size_t> end_leftovers(const instance::Layout& layout);

}  // namespace sportapp::supervisor
