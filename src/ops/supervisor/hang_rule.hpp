#pragma once
#include <sys/types.h>

#include <cstdint>
#include <utility>

#include "base/process/patience.hpp"

namespace sportapp::supervisor {

// Whether the one process that a supervisor has hangs. Only what was seen while the supervisor itself ran
// counts: a container or a machine that stood still is nobody's fault.
class HangRule {
 public:
  // Questions in a row without an answer; more each time it was ended for that not long ago.
  static constexpr int kMissesMax = 3;
  static constexpr int kHaltedMax = 3;  // looks in a row that found it stopped by a signal

  // Of the process that runs now; another one starts again. Whoever is told that it hangs ends it.
  [[nodiscard]] bool hangs_as_seen(pid_t pid, bool halted) {
    begin(pid);
    halted_ = halted ? halted_ + 1 : 0;
    return halted_ >= kHaltedMax;
  }
  [[nodiscard]] bool hangs_as_asked(pid_t pid, bool answered, std::int64_t now_ms) {
    begin(pid);
    misses_ = answered ? 0 : misses_ + 1;
    if (misses_ < kMissesMax * patience_.times(now_ms)) return false;
    patience_.ended(now_ms);
    return true;
  }

 private:
  void begin(pid_t pid) {
    if (std::exchange(pid_, pid) == pid) return;
    misses_ = halted_ = 0;
  }

  pid_t pid_ = 0;
  int misses_ = 0;
  int halted_ = 0;
  process::Patience patience_;
};

}  // namespace sportapp::supervisor
