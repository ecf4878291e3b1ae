#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <memory>

#include "base/command_line/command_line.hpp"
#include "lab/instance/interruption.hpp"
#include "lab/run/run_commands.hpp"
#include "lab/run/series.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFooter =
    R"(Starts an instance of its own in the folder of results, on a free port, waits for the steady state, puts the
scenario's load on it through the gateway, strikes its faults, heals them, and judges by what the clients saw and what
the journals hold. Ctrl-C heals everything and ends everything.

--tactics turns tactics off: none, restart, cold, warm, masked (each adds to the one before), several with a comma, or
all. The exit status is then about the level that the scenario is for; the others are expected to lose.

--target runs load and judge against another backend of the same contract, which must be on 127.0.0.1. A fault of
the scenario is then a command of yours: --fault-command kill='pkill -9 -f myservice' for each kind, and
heal-KIND=COMMAND where it must be taken back. Poison requests are sent as they are.

Exit status: 0 what was expected held, 1 it did not, 2 wrong command line or scenario (nothing was started), 3 it could
not be run, or was interrupted.

Examples:
  sportapp experiment run crash
  sportapp experiment run crash --tactics all
  sportapp experiment run class --repeat 5 --out class-runs
  sportapp experiment run storm --seed 12 --duration 60 --keep-data
  sportapp experiment run class --target http://127.0.0.1:5005 --label flask --beside class-runs)";

struct Options {
  std::string scenario;
  std::string tactics;
  int repeat = 1;
  std::optional<std::uint64_t> seed;
  std::optional<double> duration_s;
  std::string out;
  bool keep_data = false;
  std::string target;
  std::vector<std::string> fault_commands;
  std::string label;
  std::vector<std::string> beside;
};

Result<void> add_command(const std::string& text, ForeignTarget& target) {
  const auto equals = text.find('=');
  auto kind = text.substr(0, equals);
  const auto name = kind;
  if (kind.starts_with("heal-")) kind.erase(0, 5);
  if (equals == std::string::npos || equals + 1 == text.size() || !fault_kind(kind)) {
    return Error{
        Retry::kNever,
        fmt::format("--fault-command {}: must be KIND=COMMAND or heal-KIND=COMMAND, as kill='pkill -9 "
                    "myservice'; KIND is one of a scenario's kinds of faults",
                    text)};
  }
  target.commands[name] = text.substr(equals + 1);
  return {};
}

Result<std::optional<ForeignTarget>> foreign_of(const Options& options) {
  if (options.target.empty()) {
    if (!options.fault_commands.empty()) {
      return Error{Retry::kNever,
                   "--fault-command belongs to --target; faults of an instance of ours need none"};
    }
    return std::optional<ForeignTarget>();
  }
  if (!options.tactics.empty()) {
    return Error{Retry::kNever, "--tactics belongs to an instance of ours, and not to --target"};
  }
  auto target = foreign_target(options.target);
  if (!target) return target.error();
  for (const auto& text : options.fault_commands) {
    if (auto added = add_command(text, *target); !added) return added.error();
  }
  return std::optional(std::move(*target));
}

// A folder that is not there yet, or is empty: an earlier run's results are not mixed with these.
Result<fs::path> out_folder(const Options& options, const std::string& name) {
  const auto now = std::time(nullptr);
  const fs::path folder =
      options.out.empty()
          ? fs::path("experiment-results") / fmt::format("{}-{:%Y%m%d-%H%M%S}", name, fmt::localtime(now))
          : fs::path(options.out);
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    return Error{Retry::kNever,
                 fmt::format("{} has something in it already; choose another with --out", folder.string())};
  }
  return folder;
}

Result<SeriesOptions> series_of(const Options& options) {
  const auto file = find_scenario(options.scenario);
  if (!file) return file.error();
  auto scenario = load_scenario(*file);
  if (!scenario) return scenario.error();
  auto foreign = foreign_of(options);
  if (!foreign) return foreign.error();
  auto chosen = options.tactics.empty() ? std::vector{scenario->level} : levels(options.tactics);
  if (!chosen) return chosen.error();
  auto out = out_folder(options, scenario->name);
  if (!out) return out.error();
  SeriesOptions series;
  series.scenario_argument = options.scenario;
  series.seed = options.seed.value_or(scenario->seed.value_or(kSeed));
  series.duration_s = options.duration_s.value_or(scenario->duration_s);
  if (series.duration_s <= scenario->steady.seconds) {
    return Error{Retry::kNever, fmt::format("--duration {}: the steady state alone takes {} s",
                                            series.duration_s, scenario->steady.seconds)};
  }
  series.scenario = std::move(*scenario);
  series.levels = std::move(*chosen);
  series.repeat = options.repeat;
  series.out = std::move(*out);
  series.keep_data = options.keep_data;
  series.foreign = std::move(*foreign);
  series.label = options.label;
  series.beside.assign(options.beside.begin(), options.beside.end());
  RunOptions trial;  // whether there is a schedule for the target
  trial.scenario = series.scenario;
  trial.duration_s = series.duration_s;
  trial.foreign = series.foreign;
  if (const auto schedule = schedule_for(trial); !schedule) return schedule.error();
  return series;
}

int run(const Options& options) {
  const auto series = series_of(options);
  if (!series) {
    fmt::print(stderr, "sportapp: {}\n", series.error().what);
    return kExitWrongUse;
  }
  const Interruption interruption;
  return run_series(*series, interruption.token());
}

}  // namespace

void add_run_command(command_line::Command& experiment, int& exit_status) {
  auto* command = experiment.add_command("run", "Run a scenario and judge it");
  auto options = std::make_shared<Options>();
  command->add_option("SCENARIO", options->scenario, "A ready one's name (see: list), or a file")->required();
  command->add_option("--tactics", options->tactics, "Levels of tactics (that of the scenario)");
  command->add_option("--repeat", options->repeat, "So many times each")->show_default()->in_range(1, 1000);
  command->add_option("--seed", options->seed, "Seed of load and faults, instead of the scenario's")
      ->not_negative();
  command->add_option("--duration", options->duration_s, "Seconds, instead of the scenario's")
      ->in_range(1.0, 86'400.0);
  command->add_option("--out", options->out, "Folder of results (experiment-results/NAME-TIME)");
  command->add_flag("--keep-data", options->keep_data,
                    "Keep the data of the instances; else only where it is wrong");
  command->add_option("--target", options->target,
                      "URL of a backend on 127.0.0.1, instead of an instance of its own");
  command->add_option("--fault-command", options->fault_commands, "KIND=COMMAND: a fault upon the target");
  command->add_option("--label", options->label,
                      "Name of these runs in the report (the tactics, or the target)");
  command->add_option("--beside", options->beside, "Results of earlier runs, for the same report");
  command->footer(kFooter);
  command->action([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace sportapp::lab
