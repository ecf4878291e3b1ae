// What was measured, by name, and the verdict by it.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lab/judge/judge.hpp"

namespace sportapp::lab {

struct Spread {
  std::optional<double> median_ms, worst_ms;
};
[[nodiscard]] Spread spread_of(std::vector<std::int64_t> times_us);
[[nodiscard]] Spread outage_spread(const Judgement& judgement);
// Of one of a recovery's times.
[[nodiscard]] Spread recovery_spread(const Judgement& judgement, std::optional<std::int64_t> Recovery::*time);

// `behind`: entries that the shortest journal of a service lacks, at most.
void measure(Judgement& judgement, std::int64_t behind);
void decide(Judgement& judgement, const std::vector<Expectation>& expectations);

}  // namespace sportapp::lab
