// ask and metrics-token: for who looks into a process, and for who collects metrics.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "ops/cli/commands.hpp"
#include "ops/cli/running_instance.hpp"
#include "ops/instance/configuration.hpp"
#include "ops/instance/data_folder.hpp"
#include "ops/instance/internal_client.hpp"
#include "ops/instance/metrics_token.hpp"

namespace sportapp::cli {
namespace {

constexpr int kAskAnswerMs = 30'000;

constexpr const char* kAskFooter =
    R"(Prints what the process answers to GET PATH on its own port. What lies below /internal, and /metrics, is for
those only who have the instance's key, and this command shows it. /internal/routes lists what can be asked.

Exit status: 0 it answered 200, 1 it did not, and standard error says what it answered, 2 wrong command line,
4 no instance runs on this data.

Examples:
  sportapp ask users-commands-a /internal/routes
  sportapp ask users-commands-a /internal/quarantine
  sportapp ask monitor /metrics)";

constexpr const char* kTokenFooter =
    R"(With this token the metrics of every process can be read, at /metrics on its own port, and nothing else:
Authorization: Bearer TOKEN. `up` and `run` write it to DATA/run/metrics.token too, as Prometheus wants it. It follows
from the instance's key, and changes with that only.

Exit status: 0, 1 there is no key yet, or it cannot be read, 2 wrong command line or settings.

Examples:
  sportapp metrics-token
  sportapp metrics-token --config /etc/sportapp/sportapp.toml --data /var/lib/sportapp)";

struct AskOptions {
  std::string name;
  std::string path;
  std::string data = kDataDefault;
  std::optional<std::filesystem::path> settings_file;
};

int show_answer(const AskOptions& options) {
  const auto instance = RunningInstance::find(options.data);
  if (!instance) return refuse(instance.error(), kExitNotRunning);
  const auto process = instance->process(options.name);
  if (!process) return refuse(process.error(), kExitUsage);
  if (process->service.empty() && process->name != "monitor") {
    return refuse(
        {Retry::kNever, options.name + " is not a process of SportApp's own; ask a service or the monitor"},
        kExitUsage);
  }
  const auto answer = instance::InternalClient(instance->seen(), *process, kAskAnswerMs).get(options.path);
  if (!answer) return refuse(answer.error(), kExitFailed);
  if (answer->status != 200) {
    return refuse(
        {Retry::kNever, fmt::format("{} answers {} {}", options.name, answer->status, answer->body)},
        kExitFailed);
  }
  fmt::print("{}{}", answer->body, answer->body.ends_with('\n') ? "" : "\n");
  return 0;
}

int show_token(const AskOptions& options) {
  const instance::Layout layout{instance::normal_folder(options.data)};
  const auto settings = instance::settings_of(layout, options.settings_file);
  if (!settings) return refuse(settings.error(), kExitUsage);
  const auto token = instance::read_metrics_token(instance::key_file(layout, *settings));
  if (!token) return refuse(token.error(), kExitFailed);
  fmt::print("{}\n", *token);
  return 0;
}

}  // namespace

void add_ask_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("ask", "Show what a process tells those only who have the instance's key");
  auto options = std::make_shared<AskOptions>();
  command->add_option("NAME", options->name, "Which process, as users-commands-a")->required();
  command->add_option("PATH", options->path, "What of it, as /internal/status")->required();
  command->add_option("--data", options->data, kDataHelp)->show_default();
  command->footer(kAskFooter);
  command->action([options, &exit_status] { exit_status = show_answer(*options); });
}

void add_metrics_token_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("metrics-token", "Show the token with which metrics are read");
  auto options = std::make_shared<AskOptions>();
  command->add_option("--data", options->data, kDataHelp)->show_default();
  command->add_option("--config", options->settings_file, "Settings file, instead of DATA/sportapp.toml")
      ->existing_file();
  command->footer(kTokenFooter);
  command->action([options, &exit_status] { exit_status = show_token(*options); });
}

}  // namespace sportapp::cli
