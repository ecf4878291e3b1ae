// What of an instance is served, as GET /health tells it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ops/instance/instance.hpp"

namespace sportapp::supervisor {

struct Serving {
  bool all = false;
  bool some = false;                  // at least one side of one service
  bool rest_needs_person = false;     // each that is missing stays away until somebody decides
  std::vector<std::string> missing;   // a sentence for each side that is not served
  std::vector<std::string> degraded;  // and for each that is, while a process of it cannot do its work
};

// An error where the answer is none of /health.
[[nodiscard]] Result<Serving> read_health(std::string_view body);
// Through the gateway; takes a second at most.
[[nodiscard]] Result<Serving> ask_health(const instance::Instance& instance);

}  // namespace sportapp::supervisor
