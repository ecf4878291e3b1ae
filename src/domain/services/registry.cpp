#include "domain/services/registry.hpp"

#include <algorithm>

namespace sportapp::services {

const Service* find(std::string_view name) {
  const auto found =
      std::find_if(all().begin(), all().end(), [&](const Service& service) { return service.name == name; });
  return found == all().end() ? nullptr : &*found;
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& service : all()) found.emplace_back(service.name);
  return found;
}

}  // namespace sportapp::services
