#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "messaging/event_source.hpp"

namespace sportapp::messaging {

struct RedisAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
};

struct RelayStatus {
  Seq published;  // the stream goes on after this event
  bool connected = false;
  std::uint64_t published_total = 0;
};

// Publishes what was committed to a Redis Stream named after the service, on a thread of its own. Redis may
// be gone at any time, for any time: the source holds everything and the relay goes on where the stream ends.
// A stream that is empty, belongs to another journal, or ends further back than it may be long, is begun anew
// with what is committed from then on: consumers read the feed up to there.
class Relay {
 public:
  struct Options {
    RedisAddress redis;
    std::string stream;                        // the service's name
    std::int64_t stream_length_max = 100'000;  // older entries are trimmed (about)
  };
  Relay(Options options, std::unique_ptr<EventSource> source);
  ~Relay();  // stops within a second or so, whatever Redis does

  // Events just committed, in order; any thread. Spares a read of the source; what does not fit the bounded
  // queue is read from it.
  void committed(std::vector<domain::CommittedEvent> events);
  [[nodiscard]] RelayStatus status() const;  // any thread

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::messaging
