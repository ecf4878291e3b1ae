// The services there are, for whatever deals with each of them. src/domain/services/CMakeLists.txt names
// them; a service NAME is the folder NAME with NAME.hpp (domain::make_NAME) and NAME_views.hpp
// (domain::make_NAME_views), and where it has checks of its own for verify, NAME_checks.hpp
// (domain::make_NAME_checks).
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/cross_check.hpp"
#include "domain/domain.hpp"
#include "domain/projection.hpp"

namespace sportapp::services {

struct Service {
  std::string_view name;
  std::unique_ptr<domain::Domain> (*make_domain)();  // with_set_aside: as its process runs it
  std::unique_ptr<domain::Projection> (*make_projection)();
  std::vector<domain::CrossCheck> (*make_checks)();
};

[[nodiscard]] const std::vector<Service>& all();
[[nodiscard]] const Service* find(std::string_view name);  // null where there is none of that name
[[nodiscard]] std::vector<std::string> names();

}  // namespace sportapp::services
