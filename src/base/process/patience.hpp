// How much longer than usual one who is silent may take to show that it lives, before it is ended for it.
#pragma once
#include <algorithm>
#include <cstdint>

namespace sportapp::process {

// To end what hangs helps. Where the machine is too busy to let it speak it makes matters worse, and what was
// started again is silent again soon: so twice as long each time, but for those whom the system shows as
// halted.
class Patience {
 public:
  static constexpr std::int64_t kMostTimes = 8;
  static constexpr std::int64_t kForgottenMs = 60'000;  // after so long without another end

  // So many times as long as usual.
  [[nodiscard]] std::int64_t times(std::int64_t now_ms) const {
    return now_ms - ended_ms_ < kForgottenMs ? times_ : 1;
  }
  // It was ended for its silence alone. Once for each process that was.
  void ended(std::int64_t now_ms) {
    times_ = std::min(2 * times(now_ms), kMostTimes);
    ended_ms_ = now_ms;
  }

 private:
  std::int64_t times_ = 1;
  std::int64_t ended_ms_ = 0;
};

}  // namespace sportapp::process
