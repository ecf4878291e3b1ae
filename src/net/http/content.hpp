// Pure readers of header and parameter values: what a service asks about a request before it looks at the
// body.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace sportapp::http {

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

// application/json or application/*+json; a charset, when given, must be utf-8.
[[nodiscard]] bool is_json_content_type(std::string_view content_type);

// Whether If-None-Match (a list, or *) names this entity tag, by the weak comparison of RFC 9110. `etag` is
// as sent: in quotes, with W/ or without. A list that is malformed matches only what stands before the
// mistake.
[[nodiscard]] bool etag_matches(std::string_view if_none_match, std::string_view etag);

// `wait=N` of a Prefer header (RFC 7240), in seconds; the caller bounds it.
[[nodiscard]] std::optional<int> preferred_wait_s(std::string_view prefer);

// A number in its one canonical form: digits only, no sign, no leading zero; nothing when it is outside
// [min, max].
[[nodiscard]] std::optional<std::int64_t> parse_decimal(std::string_view text, std::int64_t min,
                                                        std::int64_t max);

// Well-formed UTF-8 as Unicode defines it: no surrogate, no overlong form, nothing past U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes);

}  // namespace sportapp::http
