// What a journal shows of itself to other threads.
#pragma once
#include <mutex>
#include <optional>

#include "store/journal/entry.hpp"
#include "store/journal/writer.hpp"

namespace sportapp::journal {

// As of the last change that is durable. Any thread reads; the journal's thread changes it.
class View {
 public:
  struct Shown {
    Position durable;
    Consumed consumed;
    Position base;
    Settled settled;
    bool damaged = false;
    std::optional<Position> shorter;  // see JournalStatus
  };

  template <class Read>
  auto read(Read read) const {
    const std::lock_guard lock(mutex_);
    return read(shown_);
  }
  template <class Change>
  void change(Change change) {
    const std::lock_guard lock(mutex_);
    change(shown_);
  }

 private:
  mutable std::mutex mutex_;  // guards the next
  Shown shown_;
};

}  // namespace sportapp::journal
