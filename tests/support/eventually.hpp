// Waits in tests.
#pragma once
#include <chrono>
#include <functional>
#include <thread>

namespace sportapp::testing {

// Generous: what it waits for takes milliseconds, but the machine may be busy.
inline bool eventually(const std::function<bool()>& holds, int most_ms = 120'000) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(most_ms);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace sportapp::testing
