#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>

namespace sportapp::supervisor {

// How long to wait before a process that ended is started again: at once the first time, longer each time it
// ends soon again.
class RestartDelay {
 public:
  static constexpr int kFirstMs = 50;
  static constexpr int kMaxMs = 5000;
  static constexpr std::int64_t kHealthyMs = 10'000;  // one that lived so long starts afresh

  [[nodiscard]] int next_ms(std::int64_t lived_ms) {
    if (lived_ms >= kHealthyMs) next_ms_ = kFirstMs;
    return std::exchange(next_ms_, std::min(next_ms_ * 2, kMaxMs));
  }

 private:
  int next_ms_ = kFirstMs;
};

}  // namespace sportapp::supervisor
