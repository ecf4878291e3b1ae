// A result of JMeter (JTL, as CSV whose first line has the names) as the clients' log.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/result.hpp"
#include "lab/request/request.hpp"

namespace sportapp::lab {

struct Jtl {
  std::int64_t started_wall_us = 0;  // the wall clock when the first request was sent: the load's start
  std::vector<Request> requests;     // in order of being sent, each due when it was sent
};

// The label of a request says what it was: register, product, order, read or poison. What JMeter saves only
// when its property sample_variables names it is taken where it is there: the columns username, key and
// answer. An error names file and line; a file that was cut off is one.
[[nodiscard]] Result<Jtl> read_jtl(const std::filesystem::path& file);

}  // namespace sportapp::lab
