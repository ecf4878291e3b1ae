#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "domain/domain.hpp"

namespace sportapp::messaging {

// Where a consumer stands in the history of a journal: at its entry `seq`, which has this hash. Nothing: the
// hash is not known, as after a version that kept none. Before the first entry it is zeros.
struct Place {
  Seq seq;
  std::optional<Hash> hash{};
};
[[nodiscard]] inline Place beginning() {
  return {Seq{}, Hash{}};
}
// The place behind the event.
[[nodiscard]] inline Place place_after(const domain::CommittedEvent& event) {
  return {event.seq, event.hash == Hash{} ? std::nullopt : std::optional(event.hash)};
}
// Whether `event` is the successor of `place`, in number and in history.
[[nodiscard]] inline bool continues(const domain::CommittedEvent& event, const Place& place) {
  return event.seq == place.seq.next() && (!place.hash || *place.hash == event.previous);
}

// Committed events in order, however far back. One thread at a time.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // At most `limit` events with seq > after, without a gap; empty when there is none yet. An error kNever:
  // `after` is below base().
  [[nodiscard]] virtual Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) = 0;
  // The hash of the journal's entry `seq`; nothing where the journal ends before it. An error kNever: it is
  // below base().
  [[nodiscard]] virtual Result<std::optional<Hash>> hash_at(Seq seq) = 0;
  // The last of the events that are there no more, all from the first on; 0: every event is there.
  [[nodiscard]] virtual Result<Seq> base() { return Seq{}; }
};

// The events of a journal on this machine, which knows its end.
class JournalEvents : public EventSource {
 public:
  // The last event there is; 0: there is none.
  [[nodiscard]] virtual Result<Seq> last() = 0;
};

// Where a consumer's events go. Called on the consumer's thread only.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // The last event that counts; read from the same store that write() changes.
  [[nodiscard]] virtual Place place() = 0;
  [[nodiscard]] Seq position() { return place().seq; }
  // Gives up what is beyond the last event that counts durably; it is read again. Whether there was any.
  virtual bool step_back() { return false; }
  // All of `events` (each the successor of the one before, the first of place()) and the new place in one
  // transaction, or nothing.
  [[nodiscard]] virtual Result<void> write(std::span<const domain::CommittedEvent> events) = 0;
};

// An event as a JSON object on one line, without what binds it to its history. In stream and feed it is
// sealed: seal.hpp.
[[nodiscard]] std::string encode(const domain::CommittedEvent& event);
[[nodiscard]] Result<domain::CommittedEvent> decode(std::string_view line);

}  // namespace sportapp::messaging
