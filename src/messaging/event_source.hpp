#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "domain/domain.hpp"

namespace sportapp::messaging {

// Committed events in order, however far back. One thread at a time.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // At most `limit` events with seq > after, without a gap; empty when there is none yet. An error kNever:
  // `after` is below base().
  [[nodiscard]] virtual Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) = 0;
  // The last of the events that are there no more, all from the first on; 0: every event is there.
  [[nodiscard]] virtual Result<Seq> base() { return Seq{}; }
};

// Where a consumer's events go. Called on the consumer's thread only.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // The last event that counts; read from the same store that write() changes.
  [[nodiscard]] virtual Seq position() = 0;
  // All of `events` (each the successor of the one before, the first of position()) and the new position in
  // one transaction, or nothing.
  [[nodiscard]] virtual Result<void> write(std::span<const domain::CommittedEvent> events) = 0;
};

// The one wire form of an event in stream and feed: a JSON object on one line.
[[nodiscard]] std::string encode(const domain::CommittedEvent& event);
[[nodiscard]] Result<domain::CommittedEvent> decode(std::string_view line);

}  // namespace sportapp::messaging
