// Whether a stream says what its journal says: Redis holds a cache, which others may have written to.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "net/messaging/event_source.hpp"
#include "net/messaging/stream_writer.hpp"

namespace sportapp::messaging {

// Of a relay; what it is given must outlive it. Every error is a lost connection, or a source that cannot be
// read.
class StreamCheck {
 public:
  // What is wrong with the stream, in words; empty: nothing.
  using Wrong = std::string;
  struct End {
    Wrong wrong;
    Seq last{};  // where nothing is wrong, the last event that the stream has; 0: none that is of use
  };

  StreamCheck(StreamWriter& writer, EventSource& source, const Seal& seal)
      : writer_(writer), source_(source), seal_(seal) {}

  // By its end alone. From here on it is compared entry by entry, from the beginning.
  [[nodiscard]] Result<End> end(Seq base, Seq source_last);
  // The stream is empty, and is to go on after `published`.
  void begun_anew(Seq published);
  // The relay added so many entries, and all of those after `before` up to `last` are its own.
  void added(std::size_t count, Seq before, Seq last) {
    added_ += static_cast<std::int64_t>(count);
    if (checked_ >= before) checked_ = std::max(checked_, last);
  }

  // Whether entries up to `published` are still to be compared; then some() compares some.
  [[nodiscard]] bool has_more(Seq published) const { return checked_ < published; }
  [[nodiscard]] Result<Wrong> some(Seq published);
  // Cheap, and not at every call: the end is compared again. Where somebody else added entries, all are;
  // false: the stream does not end with `published` any more.
  [[nodiscard]] Result<bool> look(Seq published);

 private:
  [[nodiscard]] Result<Wrong> wrong_in(const std::vector<StreamWriter::Entry>& entries);

  StreamWriter& writer_;
  EventSource& source_;
  const Seal& seal_;
  Seq checked_;             // up to here the stream has what the journal has
  std::int64_t added_ = 0;  // entries that the stream ever got, as Redis counts them
  std::chrono::steady_clock::time_point look_at_{};
};

}  // namespace sportapp::messaging
