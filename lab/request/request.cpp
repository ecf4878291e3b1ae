#include "lab/request/request.hpp"

#include <algorithm>
#include <array>

namespace sportapp::lab {
namespace {

constexpr std::array<std::string_view, 5> kOps{"register", "product", "order", "read", "poison"};

}  // namespace

std::string_view to_text(Op op) {
  return kOps.at(static_cast<std::size_t>(op));
}

std::optional<Op> op_of(std::string_view text) {
  const auto* const found = std::find(kOps.begin(), kOps.end(), text);
  if (found == kOps.end()) return std::nullopt;
  return static_cast<Op>(found - kOps.begin());
}

}  // namespace sportapp::lab
