#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/messaging/event_source.hpp"
#include "net/messaging/relay.hpp"

namespace sportapp::messaging {

struct ConsumerStatus {
  Seq position;
  std::string reading;  // "stream", "feed", or "nothing" while neither can be reached
  // Why it does not go on, and will not by itself: what comes next was deleted where it came from. Or empty.
  std::string gone{};
  // Why nothing is taken in, and will not be by itself: what was, is not of the history that the source now
  // has. Or empty.
  std::string other_history{};
  // Entries of the stream that were not believed, and read from the feed instead; and what was wrong last.
  std::int64_t refused = 0;
  std::string refused_why{};
};

// Brings a service's events to a sink, on a thread of its own: from the Redis Stream while that has what
// comes next, else from the feed. What stands in the stream counts only if it was sealed with the instance's
// key and continues the history that the sink has; the feed is the journal's own word, and the sink's place
// is compared with it.
class Consumer {
 public:
  struct Options {
    RedisAddress redis;
    Seal seal;  // the stream has its service's name
    std::size_t batch_max = 1000;
    // What comes next was deleted in the journal, and the stream has it no more. Again and again, until it
    // was found elsewhere. On the consumer's thread.
    std::function<void()> on_gone{};
    // What the sink has is not of the history that the journal has. Again and again, until it is. On the
    // consumer's thread.
    std::function<void()> on_other_history{};
    // Nothing of the stream is taken before the journal itself said that it has it. Else the seal is enough
    // while the journal does not answer: for a sink that can be recreated.
    bool only_confirmed = false;
    // So long after events were taken in, those that come are left to gather: one write and one wake-up for
    // all of them. 0: each is taken in as it comes.
    int gather_ms = 0;
  };
  // The feed is asked from the consumer's thread.
  Consumer(Options options, std::unique_ptr<EventSource> feed, EventSink& sink);
  ~Consumer();                                  // stops within a second or two
  [[nodiscard]] ConsumerStatus status() const;  // any thread
  // Somebody waits for events: for so long none are left to gather. Any thread.
  void hurry(std::int64_t for_ms);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Where a node of a commands service gives its feed.
struct FeedAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

// The feed of a commands service, over HTTP: GET /internal/feed?after=N&limit=M, one sealed event a line, and
// GET /internal/feed/hash?at=N, the hash of entry N, or 404. Only the primary gives it: what does not answer
// so is left for the next address, within one read. `credential`: see http::internal_credential().
[[nodiscard]] std::unique_ptr<EventSource> make_http_feed(const std::vector<FeedAddress>& nodes, Seal seal,
                                                          const std::string& credential);

}  // namespace sportapp::messaging
