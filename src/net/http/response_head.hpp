#pragma once
#include <string>

#include "net/http/message.hpp"

namespace sportapp::http {

enum class Framing { kLength, kChunked, kUntilClose };
// What the answer says about the connection: nothing (the default of HTTP/1.1), or a word.
enum class Persistence { kDefault, kKeepAlive, kClose };

// Whether every part of it can be sent: a known range of status, header names that are tokens, no line break
// or NUL in a value.
[[nodiscard]] bool is_sendable(const Response& response);
// Whether an answer of this status has a body at all (204 and 304 have none).
[[nodiscard]] bool has_body(int status);
// Status line and headers, with the empty line that ends them.
void append_head(std::string& out, const Response& response, Framing framing, Persistence persistence);
void append_chunk(std::string& out, std::string_view piece);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace sportapp::http
