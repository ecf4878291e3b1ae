// What a query asks for beside its path, read and checked. An error's `what` is for the client.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "net/http/message.hpp"

namespace sportapp::service {

struct Range {
  Id after;
  std::optional<std::size_t> limit;
};
// `limit` and `after`, or the answer that says which of them is wrong.
[[nodiscard]] std::variant<Range, http::Response> range_of(const http::Request& request);

struct PositionWish {
  Seq position;  // 0: none
  std::int64_t wait_ms = 0;
  std::string preference_applied;  // for the header of that name; empty: none
};
// Sportapp-Position and Prefer, or the answer that says what is wrong. Positions of other services are of no
// concern here.
[[nodiscard]] std::variant<PositionWish, http::Response> position_wish(const http::Request& request,
                                                                       std::string_view service);

}  // namespace sportapp::service
