#include "ha/hold/primary_location.hpp"

#include <fmt/format.h>

#include "net/http/problem.hpp"

namespace sportapp::hold {

std::string role(const PrimaryLocation& primary) {
  if (is_here(primary)) return "primary";
  return std::holds_alternative<Elsewhere>(primary) ? "spare" : "waiting";
}

std::string only_the_primary(const PrimaryLocation& primary) {
  if (const auto* there = std::get_if<Elsewhere>(&primary)) {
    return fmt::format("only the primary answers this; it is node {}, at {}:{}", there->node, there->host,
                       there->port);
  }
  if (is_here(primary)) return "only the primary answers this, and this node cannot at present; try again";
  return "only the primary answers this, and this node knows of none at present; try again";
}

http::Response not_primary(const PrimaryLocation& primary) {
  auto response = http::unavailable(only_the_primary(primary));
  response.headers.emplace_back(kNotPrimaryHeader, "1");
  return response;
}

}  // namespace sportapp::hold
