#pragma once
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace sportapp::messaging {

// How long to wait before the next try of what failed: longer each time, up to a bound.
class BackOff {
 public:
  BackOff(int first_ms, int most_ms) : first_ms_(first_ms), most_ms_(most_ms), next_ms_(first_ms) {}
  [[nodiscard]] int next_ms() {
    const int wait_ms = next_ms_;
    next_ms_ = std::min(next_ms_ * 2, most_ms_);
    return wait_ms;
  }
  void reset() { next_ms_ = first_ms_; }

 private:
  int first_ms_;
  int most_ms_;
  int next_ms_;
};

// Waits, but not past a stop.
inline void pause(const std::stop_token& stop, int wait_ms) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::chrono::milliseconds(wait_ms), [] { return false; });
}

}  // namespace sportapp::messaging
