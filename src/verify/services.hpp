#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "domain/domain.hpp"
#include "projection/projection.hpp"

namespace sportapp::verify {

struct KnownService {
  std::string_view name;
  std::unique_ptr<domain::Domain> (*make_domain)();
  std::unique_ptr<projection::Projection> (*make_projection)();
};

// Every service whose files can be checked: one line each.
[[nodiscard]] const std::vector<KnownService>& known_services();

}  // namespace sportapp::verify
