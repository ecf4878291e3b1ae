#include <memory>

#include "base/command_line/command_line.hpp"
#include "ops/cli/commands.hpp"
#include "ops/supervisor/down.hpp"

namespace sportapp::cli {
namespace {

struct DownOptions {
  std::string data = kDataDefault;
  int timeout_s = 60;
};

constexpr const char* kDownFooter =
    R"(Requests under way are answered, the nodes of each service become equal, then the monitor, the services and Redis
end, in that order. A node that could not become equal is named. What a killed supervisor left is ended too.

Exit status: 0 nothing runs any more (or nothing ran), 1 something would not end, 2 wrong command line.

Examples:
  sportapp down
  sportapp down --data /srv/sportapp)";

}  // namespace

void add_down_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("down", "Stop a running instance");
  auto options = std::make_shared<DownOptions>();
  command->add_option("--data", options->data, kDataHelp)->show_default();
  command->add_option("--timeout", options->timeout_s, "Seconds until it is killed")
      ->show_default()
      ->in_range(1, 3600);
  command->footer(kDownFooter);
  command->action(
      [options, &exit_status] { exit_status = supervisor::down(options->data, options->timeout_s); });
}

}  // namespace sportapp::cli
