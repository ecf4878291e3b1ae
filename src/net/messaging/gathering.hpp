#pragma once
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "base/clock.hpp"

namespace sportapp::messaging {

// Lets events gather after some were taken in, unless somebody waits for them.
class Gathering {
 public:
  explicit Gathering(std::int64_t ms) : ms_(ms) {}

  // Of the thread that takes them in.
  void took_some() { until_ms_ = monotonic_ms() + ms_; }
  void wait(const std::stop_token& stop) {
    const auto left_ms = until_ms_ - monotonic_ms();
    if (left_ms <= 0) return;
    std::unique_lock lock(mutex_);
    hurried_.wait_for(lock, stop, std::chrono::milliseconds(left_ms),
                      [this] { return monotonic_ms() < hurry_until_ms_; });
  }

  // For so long nothing waits. Any thread.
  void hurry(std::int64_t for_ms) {
    {
      const std::lock_guard lock(mutex_);
      hurry_until_ms_ = std::max(hurry_until_ms_, monotonic_ms() + for_ms);
    }
    hurried_.notify_one();
  }

 private:
  const std::int64_t ms_;
  std::int64_t until_ms_ = 0;
  std::mutex mutex_;  // for what follows
  std::condition_variable_any hurried_;
  std::int64_t hurry_until_ms_ = 0;
};

}  // namespace sportapp::messaging
