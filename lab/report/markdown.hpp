#pragma once
#include <string>
#include <string_view>

#include "lab/report/report.hpp"

namespace sportapp::lab {

// The report for a paper: verdict, table, each run, how to repeat.
[[nodiscard]] std::string markdown(const Report& report);

// Text as it may stand in a line or a table's cell: itself, whatever it holds.
[[nodiscard]] std::string plain(std::string_view text);

}  // namespace sportapp::lab
