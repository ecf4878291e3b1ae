// What a run must have shown to pass.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sportapp::lab {

// What can be expected of, by its name in a scenario.
struct Measure {
  std::string_view name;
  std::string_view what;     // it is
  bool of_instance = false;  // only an instance of ours has it: it comes from the monitor or the journals
};
[[nodiscard]] std::span<const Measure> measures();
// Null where there is none of that name.
[[nodiscard]] const Measure* find_measure(std::string_view name);

struct Expectation {
  enum class Bound : std::uint8_t { kAtLeast, kAtMost };
  std::string what;  // a measure's name
  Bound bound = Bound::kAtMost;
  double value = 0;
};

}  // namespace sportapp::lab
