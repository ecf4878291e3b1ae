#pragma once
#include <chrono>
#include <cstdint>

namespace sportapp {

// Time as a part sees it; passed in, so that a test or a simulator can turn it. Any thread may call.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t wall_ms() const = 0;       // since 1970, may jump
  [[nodiscard]] virtual std::int64_t monotonic_ms() const = 0;  // never goes back
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }
  [[nodiscard]] std::int64_t monotonic_ms() const override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
  }
};

// For what no test turns: how long this process waited for another.
[[nodiscard]] inline std::int64_t monotonic_ms() {
  return SystemClock().monotonic_ms();
}
// The same clock, finer.
[[nodiscard]] inline std::int64_t monotonic_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace sportapp
