// What clients felt of each fault.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "lab/judge/promises.hpp"
#include "lab/judge/strikes.hpp"

namespace sportapp::lab {

struct Outage {
  int fault = 0;
  FaultKind kind = FaultKind::kKill;
  // Until a command sent after it was acknowledged, of the services it struck; nothing: none was, as long as
  // it was watched.
  std::optional<std::int64_t> first_acknowledged_us;
  std::int64_t silence_us = 0;  // the longest time without an acknowledgement, until the next fault
  std::int64_t watched_us = 0;
  // As it is counted: a service that did not come back was away for all that time.
  [[nodiscard]] std::int64_t us() const { return first_acknowledged_us.value_or(watched_us); }
};

// Of each fault after which clients asked anything of what it struck: reads where it struck queries, else
// commands. `acknowledgements` are sorted.
[[nodiscard]] std::vector<Outage> outages(const Acknowledgements& acknowledgements, const Strikes& strikes,
                                          std::int64_t duration_us);

}  // namespace sportapp::lab
