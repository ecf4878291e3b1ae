#include "lab/request/answer.hpp"

#include <boost/json.hpp>
#include <charconv>

namespace sportapp::lab {
namespace {

namespace json = boost::json;

json::value member_of(std::string_view body, std::string_view member) {
  json::error_code failed;
  const auto said = json::parse({body.data(), body.size()}, failed);
  if (failed || !said.is_object()) return nullptr;
  const auto* const found = said.get_object().if_contains({member.data(), member.size()});
  return found == nullptr ? json::value() : *found;
}

}  // namespace

std::int64_t id_in(std::string_view body) {
  const auto id = member_of(body, "id");
  return id.is_int64() ? id.get_int64() : 0;
}

std::string text_in(std::string_view body, std::string_view member) {
  const auto text = member_of(body, member);
  return text.is_string() ? std::string(std::string_view(text.get_string())) : std::string();
}

std::int64_t position_in(std::string_view position, std::string_view service) {
  while (!position.empty()) {
    const auto end = position.find(',');
    auto one = position.substr(0, end);
    position.remove_prefix(end == std::string_view::npos ? position.size() : end + 1);
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (!one.starts_with(service) || one.size() <= service.size() || one[service.size()] != '=') continue;
    std::int64_t number = 0;
    const auto* const first = one.data() + service.size() + 1;
    const auto read = std::from_chars(first, one.data() + one.size(), number);
    if (read.ec == std::errc()) return number;
  }
  return 0;
}

}  // namespace sportapp::lab
