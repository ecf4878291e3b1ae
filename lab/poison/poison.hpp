// Requests that end the process that executes them, on demand: for showing what then becomes of the rest.
#pragma once
#include <memory>
#include <string_view>

#include "domain/domain.hpp"

namespace sportapp::domain {

// `domain`, but for commands whose first text begins with `poison:crash`, `poison:hang` or `poison:memory`,
// which do that to the process when they are decided; and requests whose first text begins with
// `poison-parse:crash`, `poison-parse:hang` or `poison-parse:memory`, when they are read.
[[nodiscard]] std::unique_ptr<Domain> with_poison(std::unique_ptr<Domain> domain);

// The first text value of a JSON object, as it is written: what stands between its quotes.
[[nodiscard]] std::string_view first_text(std::string_view json);

}  // namespace sportapp::domain
