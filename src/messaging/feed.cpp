#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "http/client.hpp"
#include "messaging/consumer.hpp"

namespace sportapp::messaging {
namespace {

constexpr int kTimeoutMs = 1000;

// The feed of one node.
class NodeFeed {
 public:
  NodeFeed(const FeedAddress& address, const std::string& credential)
      : name_(fmt::format("feed of {}:{}", address.host, address.port)),
        client_(address.host, address.port, kTimeoutMs, credential) {}

  Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) {
    const auto response = client_.get(fmt::format("/internal/feed?after={}&limit={}", after.value, limit));
    if (!response) return response.error();
    if (response->status == 410) {
      return Error{Retry::kNever, fmt::format("{}: what follows {} is there no more: {}", name_, after.value,
                                              detail_of(response->body))};
    }
    if (response->status != 200) {
      return Error{Retry::kLater, fmt::format("{}: answered {} instead of events", name_, response->status)};
    }
    return events_of(response->body);
  }

 private:
  // Of a problem answer.
  static std::string detail_of(const std::string& body) {
    boost::json::error_code failed;
    const auto said = boost::json::parse(body, failed);
    const auto* object = failed ? nullptr : said.if_object();
    const auto* detail = object == nullptr ? nullptr : object->if_contains("detail");
    const auto* text = detail == nullptr ? nullptr : detail->if_string();
    return text == nullptr ? body : std::string(text->data(), text->size());
  }

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

class HttpFeed final : public EventSource {
 public:
  HttpFeed(const std::vector<FeedAddress>& addresses, const std::string& credential) {
    for (const auto& address : addresses) nodes_.push_back(std::make_unique<NodeFeed>(address, credential));
  }

  // Stays with the node that answered last; the error tells of each that did not.
  Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) override {
    std::string failures = nodes_.empty() ? "no address of a feed is given" : "";
    for (std::size_t tries = 0; tries < nodes_.size(); ++tries) {
      auto events = nodes_[at_]->read(after, limit);
      if (events || events.error().retry == Retry::kNever) return events;
      failures += (failures.empty() ? "" : "; ") + events.error().what;
      at_ = (at_ + 1) % nodes_.size();
    }
    return Error{Retry::kLater, failures};
  }

 private:
  std::vector<std::unique_ptr<NodeFeed>> nodes_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<EventSource> make_http_feed(const std::vector<FeedAddress>& nodes,
                                            const std::string& credential) {
  return std::make_unique<HttpFeed>(nodes, credential);
}

}  // namespace sportapp::messaging
