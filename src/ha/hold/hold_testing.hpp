// What the tests of holding and forwarding share: a forwarder whose answers the test gives.
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "ha/hold/primary_location.hpp"
#include "net/http/forwarder.hpp"

namespace sportapp::hold::testing {

const inline Elsewhere kAtA{"a", "/run/a.sock", "127.0.0.1", 5001};

// As a forwarder is: requests under way end in an error when another address is chosen, or all are given up.
class HandForwarder final : public http::Forwarder {
 public:
  struct Sent {
    http::Request request;
    std::int64_t timeout_ms;
    Done done;
  };

  void go_to(const http::Upstream& upstream) override {
    if (std::exchange(to, upstream) != upstream) abandon();
  }
  void abandon() override {
    for (const auto& sent : std::exchange(under_way, {}))
      sent.done(Error{Retry::kOutcomeUnknown, "given up"});
  }
  void send(const http::Request& request, std::int64_t timeout_ms, Done done) override {
    if (refuses) return done(Error{Retry::kOutcomeUnknown, "refused"});
    under_way.push_back({request, timeout_ms, std::move(done)});
  }
  // The outcome of one that is under way.
  void end(std::size_t index, Result<http::Response> outcome) {
    const auto done = std::move(under_way.at(index).done);
    under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(index));
    done(std::move(outcome));
  }
  static http::Response response(int status, std::string body = "{}",
                                 std::vector<std::pair<std::string, std::string>> headers = {}) {
    http::Response given;
    given.status = status;
    given.body = std::move(body);
    given.headers = std::move(headers);
    return given;
  }

  std::optional<http::Upstream> to;
  bool refuses = false;
  std::deque<Sent> under_way;
};

}  // namespace sportapp::hold::testing
