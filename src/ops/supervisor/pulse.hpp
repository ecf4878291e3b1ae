#pragma once
#include <sys/types.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/process/patience.hpp"

namespace sportapp::supervisor {

// Whether a process that says again and again that it lives says so no more. For the monitor, which watches
// all the others.
class Pulse {
 public:
  static constexpr std::int64_t kSilenceMaxMs = 3000;  // longer each time it was missed not long ago
  // Whoever looks is to look at least so often; a look that comes later is its own delay, and counts as no
  // more.
  static constexpr std::int64_t kLookMs = 1500;

  void beat(pid_t pid) {
    pid_ = pid;
    silent_ms_ = 0;
  }
  // `pid`: of the process that runs now; one that never said so is not missed. `is_halted()`: whether the
  // system shows that it does not run, so that patience is of no use; asked only where it is silent for long.
  // Whoever is told that it is missed ends it.
  template <class IsHalted>
  [[nodiscard]] bool is_missed(pid_t pid, std::int64_t now_ms, const IsHalted& is_halted) {
    const auto passed_ms = std::min(now_ms - std::exchange(looked_ms_, now_ms), kLookMs);
    if (pid == 0 || pid != pid_) return false;
    silent_ms_ += passed_ms;
    if (silent_ms_ <= kSilenceMaxMs) return false;
    if (is_halted()) return true;
    if (silent_ms_ <= kSilenceMaxMs * patience_.times(now_ms)) return false;
    patience_.ended(now_ms);
    return true;
  }

 private:
  pid_t pid_ = 0;
  std::int64_t silent_ms_ = 0;
  std::int64_t looked_ms_ = 0;
  process::Patience patience_;
};

}  // namespace sportapp::supervisor
