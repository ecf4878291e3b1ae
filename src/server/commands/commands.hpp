#pragma once
#include "domain/domain.hpp"
#include "domain/projection.hpp"

namespace sportapp::commands {

// The whole of a commands process but its rules, and its views for the events that retention deletes: `main`
// calls this. Gives the exit status.
[[nodiscard]] int run_commands(int argc, char** argv, const domain::Domain& domain,
                               const domain::Projection& projection);

}  // namespace sportapp::commands
