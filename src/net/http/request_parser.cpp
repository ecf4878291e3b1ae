#include "net/http/request_parser.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>

#include "net/http/content.hpp"
#include "net/http/server.hpp"

namespace sportapp::http {
namespace {

constexpr std::size_t kBodyReserveMax = 16 * 1024;  // more only as it arrives: a length is only a claim
constexpr std::size_t kLineOverhead = 4;            // ": " and the line break

}  // namespace

RequestParser::RequestParser(Request& request, const Limits& limits)
    : request_(request), header_bytes_left_(limits.header_bytes) {
  header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  body_limit(limits.body_bytes);
}

void RequestParser::on_request_impl(boost::beast::http::verb, string_view method, string_view target,
                                    int version, error_code& ec) {
  count_header_bytes(method.size() + target.size() + sizeof(" HTTP/1.1"), ec);
  http11_ = version >= 11;
  request_.method.assign(method.data(), method.size());
  set_target({target.data(), target.size()});
}

void RequestParser::set_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {  // the absolute form
    if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    const auto path = target.find_first_of("/?", scheme.size());
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  bad_target_ = !target.starts_with('/') && target != "*";
  const auto question = std::min(target.find('?'), target.size());
  request_.path = target.substr(0, question);
  request_.query = target.substr(std::min(question + 1, target.size()));
}

void RequestParser::on_field_impl(field name, string_view raw_name, string_view value, error_code& ec) {
  count_header_bytes(raw_name.size() + value.size() + kLineOverhead, ec);
  if (!in_header_) return;
  const std::string_view text(value.data(), value.size());
  request_.headers.emplace_back(std::piecewise_construct,
                                std::forward_as_tuple(raw_name.data(), raw_name.size()),
                                std::forward_as_tuple(text));
  if (name == field::host) ++hosts_;
  if (name == field::transfer_encoding && !equal_ignoring_case(text, "chunked"))
    bad_transfer_encoding_ = true;
  if (name == field::expect) {
    (equal_ignoring_case(text, "100-continue") ? expects_continue_ : expects_other_) = true;
  }
}

void RequestParser::count_header_bytes(std::size_t bytes, error_code& ec) {
  if (bytes > header_bytes_left_) {
    ec = boost::beast::http::error::header_limit;
    return;
  }
  header_bytes_left_ -= bytes;
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  if (length) request_.body.reserve(std::min<std::size_t>(*length, kBodyReserveMax));
}

std::size_t RequestParser::on_body_impl(string_view bytes, error_code&) {
  request_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) {
  request_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

std::optional<Objection> RequestParser::objection() const {
  if (bad_target_) {
    return Objection{400, "Malformed request", "The request target must be a path that starts with /."};
  }
  if (hosts_ > 1 || (http11_ && hosts_ == 0)) {
    return Objection{400, "Malformed request", "HTTP/1.1 needs exactly one Host header."};
  }
  if (bad_transfer_encoding_ || (chunked() && !http11_)) {
    return Objection{
        400, "Malformed request",
        "The only transfer coding taken is chunked, in HTTP/1.1; send the body so or with its length."};
  }
  if (expects_other_) {
    return Objection{417, "Expectation failed", "The only expectation met is 100-continue."};
  }
  return std::nullopt;
}

Objection objection_to(const boost::beast::error_code& error) {
  namespace beast_http = boost::beast::http;
  if (error == beast_http::error::body_limit) {
    return {413, "Body too large", "The body is larger than this server takes; send less at once."};
  }
  if (error == beast_http::error::header_limit || error == beast_http::error::buffer_overflow) {
    return {431, "Headers too large", "Request line and headers are larger than this server takes."};
  }
  return {400, "Malformed request", "These bytes are not an HTTP/1.1 request."};
}

}  // namespace sportapp::http
