#pragma once
#include <string>
#include <vector>

#include "ops/instance/settings.hpp"

namespace sportapp::instance {

// What each setting allows and two of them together make pointless: a setting without effect, or one that
// undoes what another is for. A sentence each, with the keys and what to do.
[[nodiscard]] std::vector<std::string> doubts_about(const Settings& settings);

}  // namespace sportapp::instance
