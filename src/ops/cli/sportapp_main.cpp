#include <fmt/format.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "ops/backup/command.hpp"
#include "ops/cli/commands.hpp"
#include "ops/import/command.hpp"
#include "ops/verify/command.hpp"

namespace {

constexpr const char* kFooter =
    R"(Each command has --help with examples. In a checkout, ./sportapp also has `test` and `bench`, and builds what
is missing first.

Exit status: 0 done, 1 it failed, 2 wrong command line, 3 it runs already on this data, 4 no instance runs on this
data, 5 `up` left it running though not everything is served.

Examples:
  sportapp up
  sportapp status
  sportapp import users.csv)";

void add_version_command(sportapp::command_line::Command& app) {
  auto* command = app.add_command("version", "Show the version");
  command->footer("Example:\n  sportapp version");
  command->action([] { fmt::print("sportapp {}\n", SPORTAPP_VERSION); });
}

void add_help_command(sportapp::command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("help", "Show help, of a command when one is named");
  auto name = std::make_shared<std::string>();
  command->add_option("COMMAND", *name, "Which");
  command->footer("Examples:\n  sportapp help\n  sportapp help up");
  command->action([&app, &exit_status, name] {
    const auto help = app.help_of(*name, "sportapp");
    if (!help.empty()) return fmt::print("{}", help);
    fmt::print(stderr, "sportapp: unknown command '{}'; known: {}\n", *name, app.names_of_commands());
    exit_status = sportapp::kExitUsage;
  });
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sportapp;
  if (argc > 1 && std::string_view(argv[1]) == "experiment") return cli::hand_over_to_lab(argv);
  // Data, backups, logs and reports hold names and e-mail addresses; every process that this one starts
  // inherits it.
  ::umask(S_IRWXG | S_IRWXO);
  command_line::Program app(
      "Registers users, products and orders behind one gateway, and keeps doing so while its parts fail.",
      "sportapp");
  int exit_status = 0;
  app.footer(kFooter);
  cli::add_up_command(app, exit_status);
  cli::add_down_command(app, exit_status);
  cli::add_status_command(app, exit_status);
  cli::add_stop_command(app, exit_status);
  cli::add_start_command(app, exit_status);
  cli::add_restart_command(app, exit_status);
  cli::add_switchover_command(app, exit_status);
  cli::add_promote_command(app, exit_status);
  cli::add_logs_command(app, exit_status);
  add_import_command(app, exit_status);
  cli::add_rebuild_command(app, exit_status);
  verify::add_verify_command(app, exit_status);
  backup::add_backup_command(app, exit_status);
  backup::add_restore_command(app, exit_status);
  cli::add_config_command(app, exit_status);
  cli::add_events_command(app, exit_status);
  cli::add_ask_command(app, exit_status);
  cli::add_metrics_token_command(app, exit_status);
  cli::add_failover_command(app);
  cli::add_run_command(app, exit_status);
  cli::add_health_command(app, exit_status);
  cli::add_key_command(app, exit_status);
  cli::add_experiment_command(app);
  add_version_command(app);
  add_help_command(app, exit_status);
  return app.run(argc, argv, exit_status);
}
