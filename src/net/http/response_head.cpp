#include "net/http/response_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <iterator>

namespace sportapp::http {
namespace {

std::string_view reason(int status) {
  const auto known = boost::beast::http::int_to_status(static_cast<unsigned>(status));
  const auto phrase = boost::beast::http::obsolete_reason(known);
  return {phrase.data(), phrase.size()};
}

bool is_token(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool is_one_line(std::string_view value) {
  constexpr std::string_view kBreaks("\r\n\0", 3);
  return value.find_first_of(kBreaks) == std::string_view::npos;
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool is_sendable(const Response& response) {
  return response.status >= 200 && response.status <= 599 && is_one_line(response.content_type) &&
         std::all_of(response.headers.begin(), response.headers.end(),
                     [](const auto& header) { return is_token(header.first) && is_one_line(header.second); });
}

bool has_body(int status) {
  return status != 204 && status != 304;
}

void append_head(std::string& out, const Response& response, Framing framing, Persistence persistence) {
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
  if (has_body(response.status)) {
    if (!response.content_type.empty()) append_line(out, "Content-Type", response.content_type);
    if (framing == Framing::kLength) {
      fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
    } else if (framing == Framing::kChunked) {
      append_line(out, "Transfer-Encoding", "chunked");
    }
  }
  for (const auto& [name, value] : response.headers) append_line(out, name, value);
  if (persistence == Persistence::kClose) append_line(out, "Connection", "close");
  if (persistence == Persistence::kKeepAlive) append_line(out, "Connection", "keep-alive");
  out.append("\r\n");
}

void append_chunk(std::string& out, std::string_view piece) {
  fmt::format_to(std::back_inserter(out), "{:x}\r\n", piece.size());
  out.append(piece).append("\r\n");
}

}  // namespace sportapp::http
