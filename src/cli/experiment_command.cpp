#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "lab/report/report_command.hpp"
#include "lab/run/run_commands.hpp"

namespace sportapp::cli {
namespace {

constexpr const char* kFooter =
    R"(Examples:
  sportapp experiment list
  sportapp experiment run crash --tactics all
  sportapp experiment report runs/crash
  sportapp experiment compare runs/before runs/after)";

}  // namespace

void add_experiment_command(CLI::App& app, int& exit_status) {
  auto* command =
      app.add_subcommand("experiment", "Put the availability tactics to the test, and report on it");
  command->require_subcommand(1);
  command->footer(kFooter);
  lab::add_scenario_commands(*command, exit_status);
  lab::add_run_command(*command, exit_status);
  lab::add_aftermath_commands(*command, exit_status);
  lab::add_jtl_command(*command, exit_status);
  lab::add_report_commands(*command, exit_status);
}

}  // namespace sportapp::cli
