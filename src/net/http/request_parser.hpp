#pragma once
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/http/message.hpp"

namespace sportapp::http {

struct Limits;

// Why a request is not accepted, in the words of the answer.
struct Objection {
  int status;
  std::string_view title;
  std::string_view detail;
};

// Parses bytes straight into a Request. Beast does the grammar; here is what it leaves open: a limit on all
// headers together, one Host, no transfer coding but chunked, nothing taken from trailers.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  RequestParser(Request& request, const Limits& limits);

  // After the header is done: what is wrong with it.
  [[nodiscard]] std::optional<Objection> objection() const;
  [[nodiscard]] bool expects_continue() const { return http11_ && expects_continue_; }
  [[nodiscard]] bool is_http11() const { return http11_; }

 private:
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;
  using field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(field name, string_view raw_name, string_view value, error_code& ec) override;
  void on_header_impl(error_code&) override { in_header_ = false; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override;
  std::size_t on_body_impl(string_view bytes, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override;
  void on_finish_impl(error_code&) override {}

  void set_target(std::string_view target);
  void count_header_bytes(std::size_t bytes, error_code& ec);

  Request& request_;
  std::size_t header_bytes_left_;
  bool http11_ = false;
  bool in_header_ = true;
  bool bad_target_ = false;
  bool expects_continue_ = false;
  bool expects_other_ = false;
  bool bad_transfer_encoding_ = false;
  int hosts_ = 0;
};

// What to answer where the parser gave an error.
[[nodiscard]] Objection objection_to(const boost::beast::error_code& error);

}  // namespace sportapp::http
