#include <memory>

#include "base/command_line/command_line.hpp"
#include "ops/cli/commands.hpp"
#include "ops/supervisor/up.hpp"

namespace sportapp::cli {
namespace {

constexpr const char* kUpFooter =
    R"(Starts Redis, the services, the monitor and NGINX on this machine, restarts what dies, and stops all of it on
Ctrl-C or SIGTERM. Options go before the settings file. docs/configuration.md tells every setting.

A service that needs a person stays down alone: once the others are served, it says what is missing and what to type,
and goes on. So it does after --ready-timeout with what may come yet.

Exit status: 0 stopped as asked (with --detach: everything is served), 1 could not start, or nothing could be served,
2 wrong command line, 3 it runs already on this data, 5 with --detach: it runs, and something is not served.

Examples:
  sportapp up
  sportapp up --detach --data /srv/sportapp --port 8080 --host 0.0.0.0
  sportapp up --data /tmp/second --port 5001        (beside the first)
  sportapp up --config deploy/sportapp.toml)";

}  // namespace

void add_up_command(command_line::Command& app, int& exit_status, bool lab) {
  auto* command = app.add_command("up", "Start everything and keep it running");
  auto options = std::make_shared<supervisor::UpOptions>();
  options->lab = lab;
  command->add_flag("-d,--detach", options->detach,
                    "Return once everything serves, and go on in the background");
  command->add_option("--data", options->data, kDataHelp)->show_default();
  command->add_option("--port", options->port, "Port of the gateway (5000)")->in_range(1, 65535);
  command->add_option("--host", options->host, "Address of the gateway (127.0.0.1; 0.0.0.0: every one)");
  command->add_option("--config", options->settings_file, "Settings file, instead of DATA/sportapp.toml")
      ->existing_file();
  command->add_option("--ready-timeout", options->ready_s, "Seconds until everything must serve")
      ->show_default()
      ->in_range(1, 3600);
  command->footer(kUpFooter);
  command->action([options, &exit_status] { exit_status = supervisor::up(*options); });
}

}  // namespace sportapp::cli
