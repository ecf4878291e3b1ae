#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "messaging/event_source.hpp"
#include "messaging/relay.hpp"

namespace sportapp::messaging {

struct ConsumerStatus {
  Seq position;
  std::string reading;  // "stream", "feed", or "nothing" while neither can be reached
  // Why it does not go on, and will not by itself: what comes next was deleted where it came from. Or empty.
  std::string gone{};
};

// Brings a service's events to a sink, on a thread of its own: from the Redis Stream while that has what
// comes next, else from the feed.
class Consumer {
 public:
  struct Options {
    RedisAddress redis;
    std::string stream;
    std::size_t batch_max = 1000;
    // What comes next was deleted in the journal, and the stream has it no more. Again and again, until it
    // was found elsewhere. On the consumer's thread.
    std::function<void()> on_gone{};
  };
  // The feed is asked from the consumer's thread.
  Consumer(Options options, std::unique_ptr<EventSource> feed, EventSink& sink);
  ~Consumer();                                  // stops within a second or two
  [[nodiscard]] ConsumerStatus status() const;  // any thread

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Where a node of a commands service gives its feed.
struct FeedAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

// The feed of a commands service, over HTTP: GET /internal/feed?after=N&limit=M, one encoded event a line.
// Only the primary gives it: what does not answer 200 with events is left for the next address, within one
// read. `credential`: see http::internal_credential().
[[nodiscard]] std::unique_ptr<EventSource> make_http_feed(const std::vector<FeedAddress>& nodes,
                                                          const std::string& credential);

}  // namespace sportapp::messaging
