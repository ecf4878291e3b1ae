// The page: a built template that the data is put into.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sportapp::lab {

// JSON as it may stand inside a script element, whatever its texts hold: the same value, no `<`, `>` or `&`.
[[nodiscard]] std::string script_safe(std::string_view json);

// The template's one empty data element filled with `json`; an error when it has none.
[[nodiscard]] Result<std::string> fill_page(std::string_view page, std::string_view json);

}  // namespace sportapp::lab
