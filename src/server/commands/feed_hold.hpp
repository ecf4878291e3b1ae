// Who reads the feed is not overtaken by retention: what somebody asked for a moment ago, and what follows
// it, stays.
#pragma once
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/strong.hpp"

namespace sportapp::commands {

class FeedHold {
 public:
  static constexpr std::int64_t kHeldMs = 10'000;

  void asked(Seq after, std::int64_t now_ms) {  // any thread
    const std::lock_guard lock(mutex_);
    turn(now_ms);
    if (!now_ || after < *now_) now_ = after;
  }
  // Entries after it are held; nothing: none is. Any thread.
  [[nodiscard]] std::optional<Seq> held_after(std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    turn(now_ms);
    if (!now_ || (before_ && *before_ < *now_)) return before_;
    return now_;
  }

 private:
  // Two spans of kHeldMs each are enough to know the least of the last kHeldMs.
  void turn(std::int64_t now_ms) {
    if (now_ms - began_ms_ < kHeldMs) return;
    before_ = now_ms - began_ms_ < 2 * kHeldMs ? now_ : std::nullopt;
    now_.reset();
    began_ms_ = now_ms;
  }

  std::mutex mutex_;
  std::int64_t began_ms_ = 0;
  std::optional<Seq> now_, before_;
};

}  // namespace sportapp::commands
