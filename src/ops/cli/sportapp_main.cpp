#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/exit_status.hpp"
#include "ops/backup/command.hpp"
#include "ops/cli/commands.hpp"
#include "ops/cli/parsing.hpp"
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

void add_version_command(CLI::App& app) {
  auto* command = app.add_subcommand("version", "Show the version");
  command->footer("Example:\n  sportapp version");
  command->callback([] { fmt::print("sportapp {}\n", SPORTAPP_VERSION); });
}

void add_help_command(CLI::App& app, int& exit_status) {
  auto* command = app.add_subcommand("help", "Show help, of a command when one is named");
  auto name = std::make_shared<std::string>();
  command->add_option("COMMAND", *name, "Which");
  command->footer("Examples:\n  sportapp help\n  sportapp help up");
  command->callback([&app, &exit_status, name] {
    if (name->empty()) {
      // Not app.help(), which is that of the subcommand under way: this one.
      fmt::print("{}", app.get_formatter()->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal));
      return;
    }
    try {
      fmt::print("{}", app.get_subcommand(*name)->help("sportapp"));
    } catch (const CLI::OptionNotFound&) {
      fmt::print(stderr, "sportapp: unknown command '{}'; known: {}\n", *name,
                 sportapp::cli::names_of_commands(app));
      exit_status = sportapp::kExitUsage;
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sportapp;
  if (argc > 1 && std::string_view(argv[1]) == "experiment") return cli::hand_over_to_lab(argv);
  // Data, backups, logs and reports hold names and e-mail addresses; every process that this one starts
  // inherits it.
  ::umask(S_IRWXG | S_IRWXO);
  CLI::App app(
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
  return cli::parse_and_run(app, argc, argv, exit_status);
}
