// list and check: scenarios without running them.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "base/command_line/command_line.hpp"
#include "lab/run/run_commands.hpp"
#include "lab/scenario/scenario.hpp"

namespace sportapp::lab {
namespace {

constexpr const char* kListFooter = R"(Exit status: 0, or 3 where there are none.

Examples:
  sportapp experiment list)";

constexpr const char* kCheckFooter =
    R"(Nothing is started. What is wrong is told with file and line, and what would be right. The schedule is made of the
scenario, the seed and the duration alone: the same three give the same one.

Exit status: 0 all are right, 2 one is not.

Examples:
  sportapp experiment check my/scenario.toml
  sportapp experiment check                              (all ready ones)
  sportapp experiment check storm --schedule --seed 7)";

struct CheckOptions {
  std::vector<std::string> scenarios;
  bool schedule = false;
  std::optional<std::uint64_t> seed;
  std::optional<double> duration_s;
};

int wrong(const Error& error, int exit_status) {
  fmt::print(stderr, "sportapp: {}\n", error.what);
  return exit_status;
}

int list() {
  const auto files = ready_scenarios();
  if (!files) return wrong(files.error(), kExitNotRun);
  for (const auto& file : *files) {
    const auto scenario = load_scenario(file);
    if (!scenario) return wrong(scenario.error(), kExitNotRun);
    fmt::print("{:<10} {:>5.0f} s  {}\n", scenario->name, scenario->duration_s, scenario->title);
  }
  return kExitPass;
}

void print_schedule(const std::vector<FaultPlan>& schedule) {
  for (const auto& plan : schedule) {
    fmt::print("  {:>4} {:>10.3f} s  {:<10} {}", plan.number, static_cast<double>(plan.at_us) / 1e6,
               to_string(plan.kind), plan.target);
    if (plan.heal_after_ms > 0) fmt::print(", healed after {} ms", plan.heal_after_ms);
    fmt::print("\n");
  }
}

int check_one(const std::string& name, const CheckOptions& options) {
  const auto file = find_scenario(name);
  if (!file) return wrong(file.error(), kExitWrongUse);
  const auto scenario = load_scenario(*file);
  if (!scenario) return wrong(scenario.error(), kExitWrongUse);
  const auto duration_s = options.duration_s.value_or(scenario->duration_s);
  const auto schedule =
      schedule_of(*scenario, options.seed.value_or(scenario->seed.value_or(kSeed)), duration_s);
  fmt::print("{}: right; {} faults in {} s, for tactics {}\n", scenario->name, schedule.size(), duration_s,
             to_string(scenario->level));
  if (options.schedule) print_schedule(schedule);
  return kExitPass;
}

int check(CheckOptions options) {
  if (options.scenarios.empty()) {
    const auto files = ready_scenarios();
    if (!files) return wrong(files.error(), kExitNotRun);
    for (const auto& file : *files) options.scenarios.push_back(file.string());
  }
  int exit_status = kExitPass;
  for (const auto& name : options.scenarios) exit_status = std::max(exit_status, check_one(name, options));
  return exit_status;
}

}  // namespace

void add_scenario_commands(command_line::Command& experiment, int& exit_status) {
  auto* list_command = experiment.add_command("list", "The ready scenarios");
  list_command->footer(kListFooter);
  list_command->action([&exit_status] { exit_status = list(); });

  auto* command = experiment.add_command("check", "Whether scenarios are right, without running them");
  auto options = std::make_shared<CheckOptions>();
  command->add_option("SCENARIO", options->scenarios, "A ready one's name, or a file; none: all ready ones");
  command->add_flag("--schedule", options->schedule, "Print the faults with their times");
  command->add_option("--seed", options->seed, "Seed, instead of the scenario's")->not_negative();
  command->add_option("--duration", options->duration_s, "Seconds, instead of the scenario's")
      ->in_range(1.0, 86'400.0);
  command->footer(kCheckFooter);
  command->action([options, &exit_status] { exit_status = check(*options); });
}

}  // namespace sportapp::lab
