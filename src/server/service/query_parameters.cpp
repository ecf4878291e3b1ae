#include "server/service/query_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "net/http/content.hpp"
#include "net/http/problem.hpp"

namespace sportapp::service {
namespace {

constexpr std::int64_t kLimitMax = 1000;
constexpr std::int64_t kNumberMax = std::numeric_limits<std::int64_t>::max();
constexpr int kWaitMs = 1000;
constexpr int kWaitMaxS = 20;  // below the time within which the server wants an answer

http::Response bad_parameter(const std::string& name, const std::string& what) {
  return http::problem(400, "Bad request", fmt::format("the parameter {} {}", name, what),
                       {{"/" + name, what}});
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool is_service_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return (c >= 'a' && c <= 'z') || c == '-' || c == '_'; });
}

// users=1042, products=7: the position of `service`, 0 if it is not named, nothing if the list is malformed.
std::optional<Seq> position_in(std::string_view list, std::string_view service) {
  Seq found;
  for (bool more = true; more;) {
    const auto comma = list.find(',');
    const auto item = trimmed(list.substr(0, comma));
    const auto equals = item.find('=');
    if (equals == std::string_view::npos || !is_service_name(item.substr(0, equals))) return std::nullopt;
    const auto seq = http::parse_decimal(item.substr(equals + 1), 0, kNumberMax);
    if (!seq) return std::nullopt;
    if (item.substr(0, equals) == service) found = std::max(found, Seq{*seq});
    more = comma != std::string_view::npos;
    if (more) list.remove_prefix(comma + 1);
  }
  return found;
}

}  // namespace

std::variant<Range, http::Response> range_of(const http::Request& request) {
  Range range;
  if (const auto text = request.parameter("limit")) {
    const auto limit = http::parse_decimal(*text, 1, kLimitMax);
    if (!limit) return bad_parameter("limit", fmt::format("must be a whole number from 1 to {}", kLimitMax));
    range.limit = static_cast<std::size_t>(*limit);
  }
  if (const auto text = request.parameter("after")) {
    const auto after = http::parse_decimal(*text, 0, kNumberMax);
    if (!after) return bad_parameter("after", "must be an id, or 0 for the beginning");
    range.after = {*after};
  }
  return range;
}

std::variant<PositionWish, http::Response> position_wish(const http::Request& request,
                                                         std::string_view service) {
  PositionWish wish;
  const auto header = request.header("Sportapp-Position");
  if (header.empty()) return wish;
  const auto position = position_in(header, service);
  if (!position) {
    return http::problem(
        400, "Bad request",
        fmt::format("the header Sportapp-Position must read as a command answered it: {}=1042", service));
  }
  wish.position = *position;
  wish.wait_ms = kWaitMs;
  if (const auto wait_s = http::preferred_wait_s(request.header("Prefer")); wait_s && *wait_s >= 0) {
    const int bounded_s = std::min(*wait_s, kWaitMaxS);
    wish.wait_ms = bounded_s * 1000;
    wish.preference_applied = fmt::format("wait={}", bounded_s);
  }
  return wish;
}

}  // namespace sportapp::service
