#include "ops/cli/parsing.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <vector>

#include "base/exit_status.hpp"

namespace sportapp::cli {
namespace {

std::string refusal(const CLI::App* app, const CLI::Error& error) {
  std::string of = app->get_name();
  for (auto chosen = app->get_subcommands(); !chosen.empty(); chosen = chosen.front()->get_subcommands())
    of += " " + chosen.front()->get_name();
  return fmt::format("sportapp: {}\nSee: {} --help\n", error.what(), of);
}

// CLI11 would only say that a command is required.
bool is_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const auto commands = app.get_subcommands({});
  return std::none_of(commands.begin(), commands.end(),
                      [&](const CLI::App* command) { return command->get_name() == argv[1]; });
}

}  // namespace

std::string names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return fmt::format("{}", fmt::join(names, ", "));
}

int parse_and_run(CLI::App& app, int argc, char** argv, const int& exit_status) {
  app.require_subcommand(1);
  app.failure_message(refusal);
  if (is_unknown_command(app, argc, argv)) {
    fmt::print(stderr, "sportapp: unknown command '{}'; known: {}\n", argv[1], names_of_commands(app));
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failed) {
    return app.exit(failed) == 0 ? 0 : kExitUsage;
  } catch (const std::exception& failed) {
    fmt::print(stderr, "sportapp: {}\n", failed.what());
    return kExitFailed;
  }
  return exit_status;
}

}  // namespace sportapp::cli
