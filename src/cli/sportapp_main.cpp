#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "backup/command.hpp"
#include "cli/commands.hpp"
#include "import/command.hpp"
#include "supervisor/up.hpp"
#include "verify/command.hpp"

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

std::string names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string refusal(const CLI::App* app, const CLI::Error& error) {
  std::string of;
  for (auto chosen = app->get_subcommands(); !chosen.empty(); chosen = chosen.front()->get_subcommands())
    of += chosen.front()->get_name() + " ";
  return fmt::format("sportapp: {}\nSee: sportapp {}--help\n", error.what(), of);
}

// CLI11 would only say that a command is required.
bool is_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const auto commands = app.get_subcommands({});
  return std::none_of(commands.begin(), commands.end(),
                      [&](const CLI::App* command) { return command->get_name() == argv[1]; });
}

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
      fmt::print(stderr, "sportapp: there is no command '{}'; there is: {}\n", *name, names_of_commands(app));
      exit_status = sportapp::supervisor::kExitUsage;
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sportapp;
  // Data, backups, logs and reports hold names and e-mail addresses; every process that this one starts
  // inherits it.
  ::umask(S_IRWXG | S_IRWXO);
  CLI::App app(
      "Registers users, products and orders behind one gateway, and keeps doing so while its parts fail.",
      "sportapp");
  int exit_status = 0;
  app.footer(kFooter);
  app.require_subcommand(1);
  app.failure_message(refusal);
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
  cli::add_experiment_command(app, exit_status);
  add_version_command(app);
  add_help_command(app, exit_status);
  if (is_unknown_command(app, argc, argv)) {
    fmt::print(stderr, "sportapp: there is no command '{}'; there is: {}\n", argv[1], names_of_commands(app));
    return supervisor::kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failed) {
    return app.exit(failed) == 0 ? 0 : supervisor::kExitUsage;
  } catch (const std::exception& failed) {
    fmt::print(stderr, "sportapp: {}\n", failed.what());
    return supervisor::kExitFailed;
  }
  return exit_status;
}
