#pragma once
#include <boost/json.hpp>
#include <filesystem>

#include "lab/report/report.hpp"

namespace sportapp::lab {

[[nodiscard]] boost::json::object report_json(const Report& report);

}  // namespace sportapp::lab
