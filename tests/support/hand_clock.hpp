#pragma once
#include <atomic>
#include <cstdint>

#include "base/clock.hpp"

namespace sportapp::testing {

// Stands still until the test turns one of its hands.
class HandClock final : public Clock {
 public:
  std::int64_t wall_ms() const override { return wall_now_ms; }
  std::int64_t monotonic_ms() const override { return now_ms; }
  std::atomic<std::int64_t> wall_now_ms{SystemClock().wall_ms()}, now_ms{1000};
};

}  // namespace sportapp::testing
