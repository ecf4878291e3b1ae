#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "base/json_reading.hpp"
#include "net/http/client.hpp"
#include "net/messaging/consumer.hpp"

namespace sportapp::messaging {
namespace {

constexpr int kAnswerMs = 1000;

// The feed of one node.
class NodeFeed {
 public:
  NodeFeed(const FeedAddress& address, const Seal& seal, const std::string& credential)
      : name_(fmt::format("feed of {}:{}", address.host, address.port)),
        seal_(seal),
        client_(address.host, address.port, kAnswerMs, credential) {}

  Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) {
    const auto response = client_.get(fmt::format("/internal/feed?after={}&limit={}", after.value, limit));
    if (!response) return response.error();
    if (response->status == 410) {
      return Error{Retry::kNever, fmt::format("{}: events after {} were deleted: {}", name_, after.value,
                                              detail_of(response->body))};
    }
    if (response->status != 200) {
      return Error{Retry::kLater, fmt::format("{}: answered {} instead of events", name_, response->status)};
    }
    return events_of(response->body);
  }

  Result<std::optional<Hash>> hash_at(Seq seq) {
    const auto response = client_.get(fmt::format("/internal/feed/hash?at={}", seq.value));
    if (!response) return response.error();
    if (response->status == 404) return std::optional<Hash>();
    if (response->status == 410) {
      return Error{Retry::kNever,
                   fmt::format("{}: entry {} was deleted: {}", name_, seq.value, detail_of(response->body))};
    }
    const auto hash = response->status == 200 ? hash_of_hex(response->body) : std::nullopt;
    if (hash) return hash;
    return Error{Retry::kLater, fmt::format("{}: answered {} instead of a hash", name_, response->status)};
  }

 private:
  // Of a problem answer.
  static std::string detail_of(const std::string& body) {
    return text_in(parse_object(body).value_or(boost::json::object()), "detail").value_or(body);
  }

  Result<std::vector<domain::CommittedEvent>> events_of(std::string_view body) const {
    std::vector<domain::CommittedEvent> events;
    while (!body.empty()) {
      const auto line = body.substr(0, body.find('\n'));
      auto event = seal_.decode(line);
      if (!event) return Error{Retry::kLater, name_ + ": " + event.error().what};
      events.push_back(std::move(*event));
      body.remove_prefix(std::min(body.size(), line.size() + 1));
    }
    return events;
  }

  std::string name_;
  const Seal& seal_;
  http::Client client_;
};

class HttpFeed final : public EventSource {
 public:
  HttpFeed(const std::vector<FeedAddress>& addresses, Seal seal, const std::string& credential)
      : seal_(std::move(seal)) {
    for (const auto& address : addresses) {
      nodes_.push_back(std::make_unique<NodeFeed>(address, seal_, credential));
    }
  }

  Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) override {
    return of_one([&](NodeFeed& node) { return node.read(after, limit); });
  }
  Result<std::optional<Hash>> hash_at(Seq seq) override {
    return of_one([&](NodeFeed& node) { return node.hash_at(seq); });
  }

 private:
  // Stays with the node that answered last; the error tells of each that did not.
  template <class Ask>
  auto of_one(Ask ask) -> decltype(ask(std::declval<NodeFeed&>())) {
    std::string failures = nodes_.empty() ? "no address of a feed is given" : "";
    for (std::size_t tries = 0; tries < nodes_.size(); ++tries) {
      auto answer = ask(*nodes_[at_]);
      if (answer || answer.error().retry == Retry::kNever) return answer;
      failures += (failures.empty() ? "" : "; ") + answer.error().what;
      at_ = (at_ + 1) % nodes_.size();
    }
    return Error{Retry::kLater, failures};
  }

  const Seal seal_;
  std::vector<std::unique_ptr<NodeFeed>> nodes_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<EventSource> make_http_feed(const std::vector<FeedAddress>& nodes, Seal seal,
                                            const std::string& credential) {
  return std::make_unique<HttpFeed>(nodes, std::move(seal), credential);
}

}  // namespace sportapp::messaging
