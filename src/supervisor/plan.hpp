#pragma once
#include <vector>

#include "base/result.hpp"
#include "supervisor/layout.hpp"
#include "supervisor/settings.hpp"
#include "supervisor/supervisor.hpp"
#include "supervisor/topology.hpp"

namespace sportapp::supervisor {

// How each member is run and ended: gateway first, then monitor and services, then Redis.
// `lab`: with the programs of the laboratory, where they are built.
[[nodiscard]] Result<std::vector<ProcessPlan>> make_plans(const Layout& layout, const Settings& settings,
                                                          const std::vector<Member>& members, bool lab);

}  // namespace sportapp::supervisor
