#pragma once
#include <chrono>
#include <cstdint>

namespace sportapp::journal {

// Of the background check.
struct BackgroundPace {
  std::uint64_t bytes_per_s = std::uint64_t{16} << 20;  // of entries
  std::chrono::milliseconds every = std::chrono::hours(24);
  bool begins_at_once = false;  // also where everything was checked when the file was opened
};

}  // namespace sportapp::journal
