#include <fmt/format.h>

#include <memory>

#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "ops/cli/commands.hpp"
#include "ops/instance/layout.hpp"
#include "ops/supervisor/status.hpp"

namespace sportapp::cli {
namespace {

struct StatusOptions {
  std::string data = kDataDefault;
  bool json = false;
};

constexpr const char* kStatusFooter =
    R"(States: starting, running, restarting (it died and is started again), failing (it does not answer, or says
itself that it cannot serve), stopping, stopped; a queries process that runs says: in-sync, catching up, cut off (no
events reach it), opening. Roles of a commands node: primary (decides), spare (has every entry on its own disk),
waiting (to be told), draining (hands over). Below: who is primary of each service, under which epoch, and which
nodes are in sync: could take over without losing anything. What a process cannot do is told with its cause.

Exit status: 0 an instance runs, 2 wrong command line, 4 none runs on this data.

Examples:
  sportapp status
  sportapp status --json | python3 -m json.tool)";

int show_status(const StatusOptions& options) {
  const auto instance = instance::read_instance(options.data);
  if (!instance) {
    if (options.json) {
      fmt::print("{}\n", supervisor::status_json({}));
    } else {
      fmt::print("SportApp does not run on {}.\n", instance::normal_folder(options.data).string());
    }
    return kExitNotRunning;
  }
  const auto status = supervisor::ask_status(*instance);
  if (options.json) {
    fmt::print("{}\n", supervisor::status_json(status));
  } else {
    fmt::print("SportApp on {}; data {}\n\n{}", instance->url(), instance->data.string(),
               supervisor::status_table(status));
  }
  return 0;
}

}  // namespace

void add_status_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("status", "Show every process: role, state, pid, port");
  auto options = std::make_shared<StatusOptions>();
  command->add_option("--data", options->data, kDataHelp)->show_default();
  command->add_flag("--json", options->json, "For scripts");
  command->footer(kStatusFooter);
  command->action([options, &exit_status] { exit_status = show_status(*options); });
}

}  // namespace sportapp::cli
