#include "net/http/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <optional>

#include "net/http/authorization.hpp"

namespace sportapp::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using OutgoingRequest = beast::http::request<beast::http::string_body>;
using Parser = beast::http::response_parser<beast::http::string_body>;

constexpr std::size_t kAnswerBytesMax = 256UL * 1024 * 1024;
constexpr std::size_t kHeaderBytesMax = 64UL * 1024;

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return lower;
}

bool is_target(std::string_view target) {
  return target.starts_with('/') && std::all_of(target.begin(), target.end(), [](char c) {
           return static_cast<unsigned char>(c) > ' ' && c != 0x7F;
         });
}

ClientResponse response_of(Parser& parser) {
  auto message = parser.release();
  ClientResponse response;
  response.status = message.result_int();
  for (const auto& field : message) {
    response.headers.emplace_back(lower_case(field.name_string()), field.value());
  }
  response.body = std::move(message.body());
  return response;
}

}  // namespace

std::string_view ClientResponse::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

// One request at a time; each step runs the loop until it is done or the request's time is over.
struct Client::Impl {
  Impl(std::string of_host, std::uint16_t at_port, int within_ms, std::string shown)
      : host(std::move(of_host)), port(at_port), timeout_ms(within_ms), credential(std::move(shown)) {}

  Result<ClientResponse> perform(OutgoingRequest request);

 private:
  // How far a request got that was not answered.
  struct Failed {
    bool sent = false;
    bool heard = false;
    std::string why;
  };
  [[nodiscard]] std::optional<Failed> attempt(const OutgoingRequest& request, ClientResponse& response);
  [[nodiscard]] error_code connect();
  [[nodiscard]] error_code read(Parser& parser);
  void drop_if_closed();
  void drop();
  // Until `begin`'s handler was called; what is still under way when the time is over is given up.
  template <class Begin>
  error_code run(Begin begin);

  const std::string host;
  const std::uint16_t port;
  const int timeout_ms;
  const std::string credential;
  asio::io_context io{1};
  tcp::socket socket{io};
  beast::flat_buffer buffer;  // of the connection
  std::chrono::steady_clock::time_point until;
};

template <class Begin>
error_code Client::Impl::run(Begin begin) {
  std::optional<error_code> result;
  begin([&result](error_code error, auto&&...) { result = error; });
  io.restart();
  while (!result && io.run_one_until(until) != 0) continue;
  if (result) return *result;
  drop();
  io.restart();
  io.run();  // its handler, which is told that it is given up
  return asio::error::timed_out;
}

error_code Client::Impl::connect() {
  tcp::resolver resolver(io);
  tcp::resolver::results_type found;
  const auto resolved = run([&](auto done) {
    resolver.async_resolve(host, std::to_string(port),
                           [&found, done](error_code error, auto results) mutable {
                             found = std::move(results);
                             done(error);
                           });
  });
  if (resolved) return resolved;
  buffer.clear();
  const auto connected = run([&](auto done) { asio::async_connect(socket, found, done); });
  error_code ignored;
  if (!connected) socket.set_option(tcp::no_delay(true), ignored);
  return connected;
}

void Client::Impl::drop() {
  error_code ignored;
  socket.close(ignored);
}

// The server may have closed a connection that was not used for a while; whatever else it says unasked is no
// answer.
void Client::Impl::drop_if_closed() {
  if (!socket.is_open()) return;
  error_code error;
  char byte = 0;
  socket.non_blocking(true, error);
  socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
  if (error != asio::error::would_block) drop();
}

error_code Client::Impl::read(Parser& parser) {
  parser.body_limit(kAnswerBytesMax);
  parser.header_limit(kHeaderBytesMax);
  return run([&](auto done) { beast::http::async_read(socket, buffer, parser, done); });
}

std::optional<Client::Impl::Failed> Client::Impl::attempt(const OutgoingRequest& request,
                                                          ClientResponse& response) {
  if (!socket.is_open()) {
    if (const auto error = connect()) {
      drop();
      return Failed{false, false, error.message()};
    }
  }
  if (const auto error = run([&](auto done) { beast::http::async_write(socket, request, done); })) {
    drop();
    return Failed{true, false, error.message()};
  }
  for (;;) {
    Parser parser;
    if (const auto error = read(parser)) {
      drop();
      return Failed{true, parser.got_some(), error.message()};
    }
    const bool keeps = parser.keep_alive();
    response = response_of(parser);
    if (response.status / 100 == 1) continue;  // an interim answer before
    if (!keeps) drop();
    return std::nullopt;
  }
}

Result<ClientResponse> Client::Impl::perform(OutgoingRequest request) {
  const auto bracketed = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const auto address = fmt::format("{}:{}", bracketed, port);
  const bool reads = request.method() == beast::http::verb::get;
  const std::string target(request.target());
  if (!is_target(target)) {
    return Error{Retry::kNever, fmt::format("{} cannot be asked for '{}': no path", address, target)};
  }
  request.set(beast::http::field::host, address);
  if (!credential.empty())
    request.set(boost::beast::string_view(kKeyHeader.data(), kKeyHeader.size()), credential);
  until = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  drop_if_closed();
  const bool kept = socket.is_open();
  ClientResponse response;
  auto failed = attempt(request, response);
  // A kept connection may end at the very moment; reading changes nothing, so asking again is always safe.
  if (failed && kept && reads && !failed->heard) failed = attempt(request, response);
  if (!failed) return response;
  const auto retry = failed->sent && !reads ? Retry::kOutcomeUnknown : Retry::kLater;
  return Error{retry, fmt::format("no answer from {} to {} within {} ms: {}", address, target, timeout_ms,
                                  failed->why)};
}

Client::Client(std::string host, std::uint16_t port, int timeout_ms, std::string credential)
    : impl_(std::make_unique<Impl>(std::move(host), port, timeout_ms, std::move(credential))) {}

Client::~Client() = default;

Result<ClientResponse> Client::get(const std::string& target) {
  return impl_->perform(OutgoingRequest(beast::http::verb::get, target, 11));
}

Result<ClientResponse> Client::post(const std::string& target, std::string_view body,
                                    const std::vector<std::string>& header_lines) {
  OutgoingRequest request(beast::http::verb::post, target, 11, std::string(body));
  request.set(beast::http::field::content_type, "application/json");
  for (const auto& line : header_lines) {
    const auto colon = std::min(line.find(':'), line.size());
    const auto value = line.find_first_not_of(' ', std::min(colon + 1, line.size()));
    request.set(std::string_view(line).substr(0, colon),
                value == std::string::npos ? std::string_view() : std::string_view(line).substr(value));
  }
  request.content_length(request.body().size());
  return impl_->perform(std::move(request));
}

}  // namespace sportapp::http
