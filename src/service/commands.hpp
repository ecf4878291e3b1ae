#pragma once
#include "domain/domain.hpp"

namespace sportapp::service {

// The whole of a commands process but its rules: `main` calls this. Gives the exit status.
[[nodiscard]] int run_commands(int argc, char** argv, const domain::Domain& domain);

}  // namespace sportapp::service
