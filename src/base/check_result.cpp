#include "base/check_result.hpp"

#include <fmt/format.h>

namespace sportapp {

Checked not_checked(std::string_view of_what, Seq base) {
  return {fmt::format("not checked: {}entries 1 to {} were deleted by retention", of_what, base.value),
          std::nullopt};
}

}  // namespace sportapp
