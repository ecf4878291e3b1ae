#pragma once
#include "domain/projection.hpp"

namespace sportapp::queries {

// The whole of a queries process but its projection: `main` calls this. Gives the exit status.
[[nodiscard]] int run_queries(int argc, char** argv, const domain::Projection& projection);

}  // namespace sportapp::queries
