#pragma once
#include <vector>

#include "base/result.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/settings.hpp"
#include "ops/instance/topology.hpp"
#include "ops/supervisor/supervisor.hpp"

namespace sportapp::supervisor {

// How each member is run and ended: gateway first, then the monitor, then the services, then Redis.
// `lab`: with the programs of the laboratory, where they are built.
[[nodiscard]] Result<std::vector<ProcessPlan>> make_plans(const instance::Layout& layout,
                                                          const instance::Settings& settings,
                                                          const std::vector<instance::Member>& members,
                                                          bool lab);

}  // namespace sportapp::supervisor
