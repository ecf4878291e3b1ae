#include "net/http/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iterator>
#include <optional>

#include "net/http/authorization.hpp"
#include "net/http/content.hpp"
#include "net/http/outgoing_connection.hpp"

namespace sportapp::http {
namespace {

namespace asio = boost::asio;

constexpr Acceptable kAcceptable{
    .head_bytes = 64 * 1024, .body_bytes = 256UL * 1024 * 1024, .ends_by_closing = true};

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

ClientResponse client_response(Response response) {
  ClientResponse result;
  result.status = response.status;
  result.body = std::move(response.body);
  if (!response.content_type.empty()) result.headers.emplace_back("content-type", response.content_type);
  for (auto& [name, value] : response.headers)
    result.headers.emplace_back(lower_case(name), std::move(value));
  return result;
}

}  // namespace

std::string_view ClientResponse::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

// One request at a time; the loop runs until it is answered or its time is over.
struct Client::Impl final : OutgoingConnection::Owner {
  Impl(std::string of_host, std::uint16_t at_port, int within_ms, std::string shown)
      : upstream{{}, std::move(of_host), at_port}, timeout_ms(within_ms), credential(std::move(shown)) {}
  ~Impl() override { drop(); }

  Result<ClientResponse> perform(std::string_view method, const std::string& target, const std::string& lines,
                                 std::string_view body);

 private:
  // How far a request got that was not answered.
  struct Failed {
    bool sent = false;
    std::string why;
  };
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::optional<Failed> attempt(const std::string& bytes, ClientResponse& response);
  void drop();

  void answered(const std::shared_ptr<OutgoingConnection>& of, const OutgoingPtr&, Response response,
                bool reusable) override {
    answer = std::move(response);
    if (!reusable && of == connection) connection.reset();
  }
  void broken(const std::shared_ptr<OutgoingConnection>& of, const OutgoingPtr& outgoing, Breakage breakage,
              const std::string& why) override {
    if (of == connection) connection.reset();
    if (outgoing) failed = Failed{breakage != Breakage::kNoConnection, why};
  }

  const Upstream upstream;
  const int timeout_ms;
  const std::string credential;
  asio::io_context io{1};
  std::shared_ptr<OutgoingConnection> connection;  // null: there is none, or none that could be used again
  std::optional<Response> answer;
  std::optional<Failed> failed;
  std::chrono::steady_clock::time_point until;
};

std::string Client::Impl::address() const {
  const bool is_ipv6 = upstream.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_ipv6 ? "[" : "", upstream.host, is_ipv6 ? "]" : "", upstream.port);
}

void Client::Impl::drop() {
  if (connection) connection->close();
  connection.reset();
  io.restart();
  io.poll();  // handlers of what was given up
}

std::optional<Client::Impl::Failed> Client::Impl::attempt(const std::string& bytes,
                                                          ClientResponse& response) {
  answer.reset();
  failed.reset();
  auto outgoing = std::make_shared<Outgoing>(bytes);
  if (connection) {
    connection->send(std::move(outgoing));
  } else {
    connection = std::make_shared<OutgoingConnection>(io, *this, kAcceptable);
    connection->open(upstream, std::move(outgoing));
  }
  io.restart();
  while (!answer && !failed && io.run_one_until(until) != 0) continue;
  if (!answer && !failed) {
    drop();
    return Failed{true, "its time is over"};
  }
  if (failed) return failed;
  response = client_response(std::move(*answer));
  return std::nullopt;
}

Result<ClientResponse> Client::Impl::perform(std::string_view method, const std::string& target,
                                             const std::string& lines, std::string_view body) {
  const bool reads = method == "GET";
  if (!is_target(target)) {
    return Error{Retry::kNever, fmt::format("{} cannot be asked for '{}': not a path", address(), target)};
  }
  auto bytes = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n{}", method, target, address(), lines);
  if (!credential.empty()) fmt::format_to(std::back_inserter(bytes), "{}: {}\r\n", kKeyHeader, credential);
  bytes.append("\r\n").append(body);
  until = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  io.restart();
  io.poll();  // the server may have closed a connection that was not used for a while
  const bool kept = connection != nullptr;
  ClientResponse response;
  auto failure = attempt(bytes, response);
  // A kept connection may end at the very moment; reading changes nothing, so asking again is always safe.
  if (failure && kept && reads && std::chrono::steady_clock::now() < until)
    failure = attempt(bytes, response);
  if (!failure) return response;
  const auto retry = failure->sent && !reads ? Retry::kOutcomeUnknown : Retry::kLater;
  return Error{retry, fmt::format("no answer from {} to {} within {} ms: {}", address(), target, timeout_ms,
                                  failure->why)};
}

Client::Client(std::string host, std::uint16_t port, int timeout_ms, std::string credential)
    : impl_(std::make_unique<Impl>(std::move(host), port, timeout_ms, std::move(credential))) {}

Client::~Client() = default;

Result<ClientResponse> Client::get(const std::string& target) {
  return impl_->perform("GET", target, {}, {});
}

Result<ClientResponse> Client::post(const std::string& target, std::string_view body,
                                    const std::vector<std::string>& header_lines) {
  std::string lines;
  bool has_type = false;
  for (const auto& line : header_lines) {
    has_type =
        has_type || equal_ignoring_case(std::string_view(line).substr(0, line.find(':')), "Content-Type");
    lines += line + "\r\n";
  }
  if (!has_type) lines += "Content-Type: application/json\r\n";
  lines += fmt::format("Content-Length: {}\r\n", body.size());
  return impl_->perform("POST", target, lines, body);
}

}  // namespace sportapp::http
