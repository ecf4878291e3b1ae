// `sportapp experiment`: the program that `sportapp` hands over to.
#include <sys/stat.h>

#include "base/command_line/command_line.hpp"
#include "lab/report/report_command.hpp"
#include "lab/run/run_commands.hpp"
#include "ops/cli/commands.hpp"

namespace {

constexpr const char* kFooter =
    R"(Examples:
  sportapp experiment list
  sportapp experiment run crash --tactics all
  sportapp experiment report runs/crash
  sportapp experiment compare runs/before runs/after)";

}  // namespace

int main(int argc, char** argv) {
  using namespace sportapp;
  // Reports and data folders hold names and e-mail addresses.
  ::umask(S_IRWXG | S_IRWXO);
  command_line::Program app("Put the availability tactics to the test, and report on it",
                            "sportapp experiment");
  int exit_status = 0;
  app.footer(kFooter);
  lab::add_scenario_commands(app, exit_status);
  lab::add_run_command(app, exit_status);
  lab::add_aftermath_commands(app, exit_status);
  lab::add_jtl_command(app, exit_status);
  lab::add_report_commands(app, exit_status);
  cli::add_up_command(app, exit_status, true);
  return app.run(argc, argv, exit_status);
}
