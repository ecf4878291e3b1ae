#include <fmt/format.h>

#include <memory>

#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "ops/cli/commands.hpp"
#include "ops/instance/cluster_key.hpp"
#include "ops/instance/data_folder.hpp"
#include "ops/instance/placing.hpp"
#include "ops/supervisor/question.hpp"
#include "ops/supervisor/run_one.hpp"

namespace sportapp::cli {
namespace {

using instance::Member;

constexpr int kHealthMs = 2000;

constexpr const char* kRunFooter =
    R"(One process of an instance, in the foreground, under a small supervisor of its own: for containers and service
managers, which have one of these for each process. It is started again when it ends, killed when it hangs, and ended
on SIGTERM. Both log to standard error. Where they find each other stands in the settings, below [network]: see
docs/deployment.md. `sportapp up` runs all of them at once.

Exit status: 0 ended as asked, 1 could not start, 2 wrong command line or settings, 3 it runs already on this data.

Examples:
  sportapp run --list
  sportapp run users-commands-a --config /etc/sportapp/sportapp.toml --data /var/lib/sportapp)";

constexpr const char* kHealthFooter =
    R"(Asks the process on this machine or in this container whether it does now what it is there for: a service
whether it is ready, Redis for an echo, the gateway whether every service behind it answers.

Exit status: 0 it does, 1 it does not, and standard error says why, 2 wrong command line or settings.

Example:
  sportapp health users-commands-a --config /etc/sportapp/sportapp.toml)";

constexpr const char* kKeyFooter =
    R"(By this secret the processes of an instance know each other. `up` and `run` make it below the data
folder; where processes have data folders of their own, in containers or on several hosts, each gets the same file,
named by [network] key_file. One that is there is kept.

Exit status: 0 it is there, 1 it cannot be made or is damaged, 2 wrong command line.

Example:
  sportapp key /etc/sportapp/cluster.key)";

struct PlacedOptions : supervisor::RunOptions {
  bool list = false;
};

int refuse(const std::string& what, int exit_status) {
  fmt::print(stderr, "sportapp: {}\n", what);
  return exit_status;
}

Result<std::vector<Member>> members_of(const PlacedOptions& options) {
  const instance::Layout layout{instance::normal_folder(options.data)};
  const auto settings = instance::settings_of(layout, options.settings_file);
  if (!settings) return settings.error();
  auto members = instance::placed_members(*settings);
  if (!members) return members;
  instance::place_redis(layout, *members);
  for (auto& member : *members) member = instance::seen_from_here(std::move(member), *settings);
  return members;
}

int list_names(const PlacedOptions& options) {
  const auto members = members_of(options);
  if (!members) return refuse(members.error().what, kExitUsage);
  for (const auto& member : *members) fmt::print("{}\n", member.name);
  return 0;
}

int run(const PlacedOptions& options) {
  if (options.list) return list_names(options);
  if (options.name.empty()) return refuse("which process? See: sportapp run --list", kExitUsage);
  return supervisor::run_one(options);
}

int health(const PlacedOptions& options) {
  const auto members = members_of(options);
  if (!members) return refuse(members.error().what, kExitUsage);
  for (const auto& member : *members) {
    if (member.name != options.name) continue;
    const auto serves = supervisor::ask_whether_serving(member, kHealthMs);
    if (!serves) return refuse(serves.error().what, kExitFailed);
    fmt::print("{} serves\n", member.name);
    return 0;
  }
  return refuse(fmt::format("unknown process '{}'; see: sportapp run --list", options.name), kExitUsage);
}

int make_key(const std::string& file) {
  if (const auto made = instance::ensure_cluster_key(file); !made)
    return refuse(made.error().what, kExitFailed);
  fmt::print("the key is in {}\n", file);
  return 0;
}

void add_place_options(command_line::Command& command, PlacedOptions& options) {
  command.add_option("--data", options.data, kDataHelp)->show_default();
  command.add_option("--config", options.settings_file, "Settings file, instead of DATA/sportapp.toml")
      ->existing_file();
}

}  // namespace

void add_run_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("run", "Run one process of an instance, in the foreground");
  auto options = std::make_shared<PlacedOptions>();
  command->add_option("NAME", options->name, "Which process, as users-commands-a");
  command->add_flag("--list", options->list, "Show the names of all processes, and end");
  add_place_options(*command, *options);
  command->footer(kRunFooter);
  command->action([options, &exit_status] { exit_status = run(*options); });
}

void add_health_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("health", "Ask one process that `run` runs here whether it serves");
  auto options = std::make_shared<PlacedOptions>();
  command->add_option("NAME", options->name, "Which process, as users-commands-a")->required();
  add_place_options(*command, *options);
  command->footer(kHealthFooter);
  command->action([options, &exit_status] { exit_status = health(*options); });
}

void add_key_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("key", "Make the secret by which the processes know each other");
  auto file = std::make_shared<std::string>();
  command->add_option("FILE", *file, "Where to")->required();
  command->footer(kKeyFooter);
  command->action([file, &exit_status] { exit_status = make_key(*file); });
}

}  // namespace sportapp::cli
