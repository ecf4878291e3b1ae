#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>

namespace sportapp::supervisor {

// How long to wait before a process that ended is started again: not at all the first time, longer each time
// it ends soon again.
class RestartDelay {
 public:
  static constexpr int kSecondMs = 50;
  static constexpr int kMaxMs = 5000;
  static constexpr std::int64_t kHealthyMs = 1000;  // one that lived so long starts afresh

  [[nodiscard]] int next_ms(std::int64_t lived_ms) {
    if (lived_ms >= kHealthyMs) next_ms_ = 0;
    return std::exchange(next_ms_, std::clamp(next_ms_ * 2, kSecondMs, kMaxMs));
  }

 private:
  int next_ms_ = 0;
};

}  // namespace sportapp::supervisor
