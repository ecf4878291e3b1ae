// A result of JMeter (JTL, as CSV whose first line has the names) as the clients' log.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "lab/request/request.hpp"

namespace sportapp::lab {

// In order of being sent, each due when it was sent. `started_ms` is the load's start by the time of day,
// since 1970, as JMeter has it of each request; without it the first request is the start. The label of a
// request says what it was: register, product, order, read or poison. What JMeter saves only when its
// property sample_variables names it is taken where it is there: the columns username, key and answer. An
// error names file and line; a file that was cut off is one.
[[nodiscard]] Result<std::vector<Request>> read_jtl(const std::filesystem::path& file,
                                                    std::optional<std::int64_t> started_ms = std::nullopt);

}  // namespace sportapp::lab
