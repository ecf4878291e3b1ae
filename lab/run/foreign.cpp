#include <fmt/format.h>

#include <boost/url/parse.hpp>
#include <charconv>

#include "base/clock.hpp"
#include "lab/instance/interruption.hpp"
#include "lab/run/run.hpp"
#include "net/http/client.hpp"

namespace sportapp::lab {

Result<ForeignTarget> foreign_target(const std::string& url) {
  const auto wrong = [&](const std::string& what) {
    return Error{Retry::kNever, fmt::format("--target {}: {}", url, what)};
  };
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->scheme() != "http" || parsed->host().empty()) {
    return wrong("must be a URL as http://127.0.0.1:5000");
  }
  ForeignTarget target{url, {}, {}};
  auto host = parsed->host();
  if (host == "localhost") host = "127.0.0.1";
  if (!host.starts_with("127.") || parsed->host_type() == boost::urls::host_type::none) {
    return wrong(
        "is not on this machine's loopback (127.0.0.1); a load may end what it meets, so it goes nowhere "
        "else");
  }
  target.at.host = host;
  target.at.port = parsed->has_port() ? parsed->port_number() : 80;
  if (target.at.port == 0) return wrong("the port must be 1 to 65535");
  target.at.base_path = std::string(parsed->encoded_path());
  while (target.at.base_path.ends_with('/')) target.at.base_path.pop_back();
  return target;
}

Result<void> look_for(const ForeignTarget& target) {
  constexpr int kConnectMs = 3000;
  http::Client client(target.at.host, target.at.port, kConnectMs);
  const auto answer = client.get(target.at.base_path + "/api-queries/users?limit=1");
  if (answer) return {};
  return Error{Retry::kLater, fmt::format("the target {} does not answer: {}; start it first", target.url,
                                          answer.error().what)};
}

bool await_still_list(const ForeignBackend& backend, std::int64_t at_most_ms, const std::stop_token& stop) {
  constexpr std::int64_t kStillMs = 3000;
  constexpr int kAnswerMs = 30'000;
  const SystemClock clock;
  http::Client client(backend.host, backend.port, kAnswerMs);
  const auto until_ms = clock.monotonic_ms() + at_most_ms;
  std::optional<std::string> before;
  do {
    auto list = client.get(backend.base_path + "/api-queries/users");
    const bool answered = list && list->status == 200;
    if (answered && before == list->body) return true;
    before = answered ? std::optional(std::move(list->body)) : std::nullopt;
  } while (clock.monotonic_ms() < until_ms && pause(stop, kStillMs));
  return false;
}

}  // namespace sportapp::lab
