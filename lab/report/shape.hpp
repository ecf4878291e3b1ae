// What a result must look like before anything is made of it.
#pragma once
#include <boost/json.hpp>

#include "base/result.hpp"

namespace sportapp::lab {

inline constexpr int kFormat = 1;  // of result.json and report.json

// The error names the member that is missing or of another kind.
[[nodiscard]] Result<void> check_shape(const boost::json::object& result);

}  // namespace sportapp::lab
