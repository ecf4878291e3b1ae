// Who is what in an instance, at this moment.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "lab/scenario/target.hpp"
#include "ops/instance/instance.hpp"
#include "ops/supervisor/failover_view.hpp"

namespace sportapp::lab {

// The names of the processes that a target means. Retry::kLater: nobody is it just now.
[[nodiscard]] Result<std::vector<std::string>> processes_of(const Target& target,
                                                            const instance::Instance& instance);

}  // namespace sportapp::lab
