#include "net/http/content.hpp"

#include <algorithm>
#include <charconv>

namespace sportapp::http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view unquote(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// Takes what stands before the first of `separators` off the front of `rest`.
std::string_view take_until(std::string_view& rest, std::string_view separators) {
  const auto end = rest.find_first_of(separators);
  const auto part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return trim(part);
}

bool is_json_media_type(std::string_view type) {
  constexpr std::string_view kApplication = "application/";
  constexpr std::string_view kSuffix = "+json";
  if (type.size() <= kApplication.size()) return false;
  if (!equal_ignoring_case(type.substr(0, kApplication.size()), kApplication)) return false;
  const auto subtype = type.substr(kApplication.size());
  if (equal_ignoring_case(subtype, "json")) return true;
  return subtype.size() > kSuffix.size() && subtype.find_first_of(" \t\"/,") == std::string_view::npos &&
         equal_ignoring_case(subtype.substr(subtype.size() - kSuffix.size()), kSuffix);
}

std::string_view without_weakness(std::string_view etag) {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

// How many bytes the UTF-8 sequence at the front takes; 0 when it is malformed.
std::size_t utf8_sequence(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xf0 && at(1) < 0x90);
  const bool surrogate = lead == 0xed && at(1) > 0x9f;
  const bool past_the_end = lead == 0xf4 && at(1) > 0x8f;
  return overlong || surrogate || past_the_end ? 0 : length;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_json_content_type(std::string_view content_type) {
  auto rest = content_type;
  if (!is_json_media_type(take_until(rest, ";"))) return false;
  while (!rest.empty()) {
    auto value = take_until(rest, ";");
    const auto name = take_until(value, "=");
    if (equal_ignoring_case(name, "charset") && !equal_ignoring_case(unquote(trim(value)), "utf-8")) {
      return false;
    }
  }
  return true;
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
  auto rest = trim(if_none_match);
  if (rest == "*") return true;
  const auto wanted = without_weakness(etag);
  while (!rest.empty()) {
    const auto candidate = without_weakness(rest);
    const auto close = candidate.starts_with('"') ? candidate.find('"', 1) : std::string_view::npos;
    if (close == std::string_view::npos) return false;
    if (candidate.substr(0, close + 1) == wanted) return true;
    rest = trim(candidate.substr(close + 1));
    if (!rest.starts_with(',')) return false;
    while (rest.starts_with(',')) rest = trim(rest.substr(1));
  }
  return false;
}

std::optional<int> preferred_wait_s(std::string_view prefer) {
  auto rest = prefer;
  while (!rest.empty()) {
    auto value = take_until(rest, ",;");
    const auto name = take_until(value, "=");
    if (!equal_ignoring_case(name, "wait")) continue;
    const auto seconds = parse_decimal(unquote(trim(value)), 0, INT32_MAX);
    return seconds ? std::optional(static_cast<int>(*seconds)) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_decimal(std::string_view text, std::int64_t min, std::int64_t max) {
  if (text.empty() || text.front() == '-' || (text.front() == '0' && text.size() > 1)) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number >= min && number <= max ? std::optional(number) : std::nullopt;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto length = utf8_sequence(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace sportapp::http
