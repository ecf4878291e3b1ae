#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/messaging/event_source.hpp"
#include "net/messaging/redis_address.hpp"
#include "net/messaging/seal.hpp"

namespace sportapp::messaging {

struct RelayStatus {
  Seq published;  // the stream goes on after this event
  bool connected = false;
  std::uint64_t published_total = 0;
  // How often the stream held what this journal does not say, and was started again; and what that was last.
  std::int64_t mended = 0;
  std::string mended_why{};
};

// Publishes what was committed to a Redis Stream named after the service, on a thread of its own. Redis may
// be gone at any time, for any time: the source holds everything and the relay goes on where the stream ends.
// A stream that is empty, holds anything but what this journal says, or ends further back than it may be
// long, is started again with what is committed from then on: consumers read the feed up to there. What
// stands in it is compared with the journal: all of it after connecting, and whatever was added by somebody
// else since.
class Relay {
 public:
  struct Options {
    RedisAddress redis;
    Seal seal;                                 // the stream has its service's name
    std::int64_t stream_length_max = 100'000;  // older entries are trimmed (about)
  };
  Relay(Options options, std::unique_ptr<JournalEvents> source);
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
