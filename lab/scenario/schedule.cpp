#include <algorithm>
#include <cmath>

#include "base/random.hpp"
#include "lab/scenario/scenario.hpp"
#include "lab/scenario/scenario_tables.hpp"
#include "lab/scenario/target.hpp"

namespace sportapp::lab {
namespace {

constexpr std::uint64_t kOfFaults = 0xFA017;  // so that load and faults of one seed share no chance
constexpr std::int64_t kSlowDiskMs = 100;     // of each sync, where chance chose the disk

std::int64_t us(double seconds) {
  return std::llround(seconds * 1e6);
}

void add_planned(const PlannedFault& fault, std::int64_t end_us, std::vector<FaultPlan>& schedule) {
  const auto until_us = fault.every_s ? std::min(us(fault.until_s), end_us) : end_us;
  for (auto at_us = us(fault.at_s); at_us < until_us; at_us += us(*fault.every_s)) {
    schedule.push_back(fault.plan);
    schedule.back().at_us = at_us;
    if (!fault.every_s) break;
  }
}

class ByChance {
 public:
  ByChance(const RandomFaults& random, std::uint64_t seed) : random_(random), chance_(seed ^ kOfFaults) {}

  void add(std::int64_t end_us, std::vector<FaultPlan>& schedule) {
    const auto until_us = std::min(us(random_.until_s), end_us);
    for (auto at_us = us(random_.from_s) + gap_us(); at_us < until_us; at_us += gap_us()) {
      schedule.push_back(next());
      schedule.back().at_us = at_us;
    }
  }

 private:
  std::int64_t gap_us() {
    return 1000 * chance_.between(us(random_.every_s.first) / 1000, us(random_.every_s.second) / 1000);
  }
  FaultPlan next() {
    FaultPlan plan;
    plan.kind = random_.kinds[index_below(random_.kinds.size())];
    std::vector<std::string> targets;
    for (const auto& target : random_.targets) {
      if (fits(plan.kind, target)) targets.push_back(target);
    }
    plan.target = targets[index_below(targets.size())];
    if (plan.kind == FaultKind::kPoison) plan.target = kPoisoned;
    plan.after_redundant = random_.after_redundant;
    const auto& [least, most] = random_.heal_after_ms;
    const auto heal_after_ms = chance_.between(std::llround(least), std::llround(most));
    if (can_be_healed(plan.kind)) plan.heal_after_ms = heal_after_ms;
    if (plan.kind == FaultKind::kSlowDisk) plan.delay_ms = kSlowDiskMs;
    return plan;
  }
  std::size_t index_below(std::size_t count) {
    return static_cast<std::size_t>(chance_.below(static_cast<std::int64_t>(count)));
  }

  const RandomFaults& random_;
  Random chance_;
};

}  // namespace

std::vector<FaultPlan> schedule_of(const Scenario& scenario, std::uint64_t seed, double duration_s) {
  std::vector<FaultPlan> schedule;
  for (const auto& fault : scenario.faults) add_planned(fault, us(duration_s), schedule);
  if (scenario.random) ByChance(*scenario.random, seed).add(us(duration_s), schedule);
  std::stable_sort(schedule.begin(), schedule.end(),
                   [](const FaultPlan& a, const FaultPlan& b) { return a.at_us < b.at_us; });
  for (std::size_t at = 0; at < schedule.size(); ++at) schedule[at].number = static_cast<int>(at) + 1;
  return schedule;
}

}  // namespace sportapp::lab
