#include <fmt/format.h>

#include <algorithm>

#include "http/client.hpp"
#include "messaging/consumer.hpp"

namespace sportapp::messaging {
namespace {

constexpr int kTimeoutMs = 1000;

class HttpFeed final : public EventSource {
 public:
  HttpFeed(const std::string& host, std::uint16_t port)
      : name_(fmt::format("feed of {}:{}", host, port)), client_(host, port, kTimeoutMs) {}

  Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) override {
    const auto response = client_.get(fmt::format("/internal/feed?after={}&limit={}", after.value, limit));
    if (!response) return response.error();
    if (response->status != 200) {
      return Error{Retry::kLater, fmt::format("{}: answered {} instead of events", name_, response->status)};
    }
    return events_of(response->body);
  }

 private:
  Result<std::vector<domain::CommittedEvent>> events_of(std::string_view body) const {
    std::vector<domain::CommittedEvent> events;
    while (!body.empty()) {
      const auto line = body.substr(0, body.find('\n'));
      auto event = decode(line);
      if (!event) return Error{Retry::kLater, name_ + ": " + event.error().what};
      events.push_back(std::move(*event));
      body.remove_prefix(std::min(body.size(), line.size() + 1));
    }
    return events;
  }

  std::string name_;
  http::Client client_;
};

}  // namespace

std::unique_ptr<EventSource> make_http_feed(std::string host, std::uint16_t port) {
  return std::make_unique<HttpFeed>(host, port);
}

}  // namespace sportapp::messaging
