// Where a commands process knows its service's primary to be.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

#include "net/http/message.hpp"

namespace sportapp::hold {

struct Here {};
struct Elsewhere {
  std::string node;
  std::filesystem::path local_socket;  // empty: TCP only
  std::string host;
  std::uint16_t port = 0;  // of its HTTP
};
struct Nowhere {};  // none is known
using PrimaryLocation = std::variant<Here, Elsewhere, Nowhere>;

[[nodiscard]] inline bool is_here(const PrimaryLocation& primary) {
  return std::holds_alternative<Here>(primary);
}
// primary, spare, waiting: what this node is then.
[[nodiscard]] std::string role(const PrimaryLocation& primary);
// Why this node does not answer, and who does: for what nobody passes on.
[[nodiscard]] std::string only_the_primary(const PrimaryLocation& primary);
// The answer to a request that another node passed on: it keeps the request and tries again.
[[nodiscard]] http::Response not_primary(const PrimaryLocation& primary);
inline constexpr std::string_view kNotPrimaryHeader = "Sportapp-Not-Primary";

}  // namespace sportapp::hold
