// An experiment as its file says it: what load, which faults when, and what must hold. docs/experiment.md
// tells how such a file is written.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "lab/fault/schedule.hpp"
#include "lab/judge/expectation.hpp"
#include "lab/load/options.hpp"
#include "lab/scenario/tactics.hpp"
#include "ops/instance/settings.hpp"

namespace sportapp::lab {

// What must hold before the first fault; if it does not, the run shows nothing.
struct Steady {
  double seconds = 3;
  std::int64_t failed = 0;       // requests, at most
  std::optional<double> p99_ms;  // latency, at most
};

// A fault of the time line: once, or again and again.
struct PlannedFault {
  FaultPlan plan;  // but for number and time
  double at_s = 0;
  std::optional<double> every_s;  // from at_s on
  double until_s = 0;             // of every_s
};

// Faults as chance has them, from the run's seed.
struct RandomFaults {
  std::vector<FaultKind> kinds;
  std::vector<std::string> targets;
  std::pair<double, double> every_s{5, 10};
  double from_s = 0;
  double until_s = 0;
  std::pair<double, double> heal_after_ms{1000, 1000};
  bool after_redundant = true;
};

// What must hold in the end; else the run fails.
struct Expect {
  std::vector<Expectation> expectations;  // by the judge
  // After faults of these kinds a command may be refused: 503 with Retry-After.
  std::vector<FaultKind> refused_after;
  std::optional<double> redundant_within_s;  // after the end of the time for faults, when all are healed
  std::optional<double>
      memory_growth_percent;  // of the instance, from the second quarter to the last, at most
};

inline constexpr std::uint64_t kSeed = 1;  // where nobody says another

struct Scenario {
  std::string name;  // of the file: crash
  std::string title;
  std::string description;
  std::string text;  // of the file
  std::optional<std::uint64_t> seed;
  double duration_s = 60;
  Steady steady;
  LoadOptions load;  // but for where to
  std::vector<PlannedFault> faults;
  std::optional<RandomFaults> random;
  Level level = Level::kMasked;  // that it is for
  instance::Settings settings;   // of the instance, but for what the level says
  Expect expect;
};

// An error names file, line and what would be right.
[[nodiscard]] Result<Scenario> load_scenario(const std::filesystem::path& file);

// Every fault of a run with its time, in order: by these three alone. None strikes at the end or later.
[[nodiscard]] std::vector<FaultPlan> schedule_of(const Scenario& scenario, std::uint64_t seed,
                                                 double duration_s);

// The files of the ready ones, by name: those of the checkout that the program was built in, or those beside
// the program.
[[nodiscard]] Result<std::vector<std::filesystem::path>> ready_scenarios();
// A path to a file, or the name of a ready one; an error tells those there are.
[[nodiscard]] Result<std::filesystem::path> find_scenario(const std::string& name);

}  // namespace sportapp::lab
