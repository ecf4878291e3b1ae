// stop, start and restart: of one process, or of all of them one after the other.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "ops/cli/commands.hpp"
#include "ops/cli/rolling_restart.hpp"
#include "ops/cli/running_instance.hpp"

namespace sportapp::cli {
namespace {

using instance::ProcessState;

constexpr int kStoppedMs = 90'000;  // longer than any process may take to answer what is under way
constexpr int kStartedMs = 60'000;

struct ProcessOptions {
  std::string name;
  std::string data = kDataDefault;
  bool rolling = false;
};

constexpr const char* kStatuses =
    "Exit status: 0 done, 1 it was refused or not done in time, 2 wrong command line, 4 no instance runs on "
    "this data.";

constexpr const char* kStopFooter =
    R"(What is under way is answered first. The process stays down, and `sportapp status` says who stopped it, until
`sportapp start` or the next `sportapp up`. Where it was primary and a spare is in sync, the spare takes over.

{}

Examples:
  sportapp stop users-commands-b
  sportapp stop redis --data /srv/sportapp)";

constexpr const char* kStartFooter = R"(Starts a process that `sportapp stop` had ended.

{}

Examples:
  sportapp start users-commands-b)";

constexpr const char* kRestartFooter =
    R"(The process is asked to end, answers what is under way, is started again, and waited for until it is ready, a
node of a service with a spare until it is in sync.

--rolling restarts every process but supervisor and gateway, one at a time, so that no client sees an error, for
example to run programs that were replaced: of each commands service the spares first; then the primary hands over,
and is restarted as the last. Without a spare, commands are answered 503 until it is back.

{}

Examples:
  sportapp restart users-queries-1
  sportapp restart --rolling
  sportapp restart --rolling --data /srv/sportapp)";

int with_instance(const ProcessOptions& options,
                  Result<void> (*act)(const RunningInstance&, const std::string&)) {
  const auto instance = RunningInstance::find(options.data);
  if (!instance) return refuse(instance.error(), kExitNotRunning);
  const auto done = act(*instance, options.name);
  return done ? 0 : refuse(done.error(), kExitFailed);
}

Result<void> stop(const RunningInstance& instance, const std::string& name) {
  const auto supervisor = instance.control();
  if (!supervisor) return supervisor.error();
  if (auto asked = (*supervisor)->stop(name, "operator"); !asked) return asked;
  auto ended = RunningInstance::wait(kStoppedMs, [&]() -> std::string {
    const auto now = instance.process(name);
    if (!now) return now.error().what;
    return now->state == ProcessState::kStopped ? "" : fmt::format("{} is {}", name, to_string(now->state));
  });
  if (ended) fmt::print("{0} is stopped; start it: sportapp start {0}\n", name);
  return ended;
}

Result<void> start(const RunningInstance& instance, const std::string& name) {
  const auto supervisor = instance.control();
  if (!supervisor) return supervisor.error();
  if (auto asked = (*supervisor)->start(name); !asked) return asked;
  auto started = RunningInstance::wait(kStartedMs, [&]() -> std::string {
    const auto now = instance.process(name);
    if (!now) return now.error().what;
    return now->state == ProcessState::kRunning ? "" : fmt::format("{} is {}", name, to_string(now->state));
  });
  if (started) fmt::print("{} runs\n", name);
  return started;
}

Result<void> restart(const RunningInstance& instance, const std::string& name) {
  const SystemClock clock;
  const auto since = clock.monotonic_ms();
  auto done = instance.restart_and_wait(name);
  if (done)
    fmt::print("{} is back after {:.1f} s\n", name, static_cast<double>(clock.monotonic_ms() - since) / 1000);
  return done;
}

command_line::Command* add_process_command(command_line::Command& app, const std::string& name,
                                           const std::string& what,
                                           const std::shared_ptr<ProcessOptions>& options,
                                           const char* footer) {
  auto* command = app.add_command(name, what);
  command->add_option("NAME", options->name, "Name of the process, as sportapp status shows it");
  command->add_option("--data", options->data, kDataHelp)->show_default();
  command->footer(fmt::format(fmt::runtime(footer), kStatuses));
  return command;
}

}  // namespace

void add_stop_command(command_line::Command& app, int& exit_status) {
  auto options = std::make_shared<ProcessOptions>();
  auto* command =
      add_process_command(app, "stop", "Stop one process until it is started again", options, kStopFooter);
  command->option("NAME")->required();
  command->action([options, &exit_status] { exit_status = with_instance(*options, stop); });
}

void add_start_command(command_line::Command& app, int& exit_status) {
  auto options = std::make_shared<ProcessOptions>();
  auto* command =
      add_process_command(app, "start", "Start a process that was stopped", options, kStartFooter);
  command->option("NAME")->required();
  command->action([options, &exit_status] { exit_status = with_instance(*options, start); });
}

void add_restart_command(command_line::Command& app, int& exit_status) {
  auto options = std::make_shared<ProcessOptions>();
  auto* command = add_process_command(app, "restart", "Restart one process, or all of them without an outage",
                                      options, kRestartFooter);
  auto* rolling = command->add_flag("--rolling", options->rolling, "Every process, one at a time");
  rolling->excludes(command->option("NAME"));
  command->action([options, &exit_status] {
    if (options->rolling) {
      exit_status = with_instance(*options, [](const RunningInstance& instance, const std::string&) {
        return rolling_restart(instance);
      });
    } else if (options->name.empty()) {
      throw command_line::Missing{"NAME or --rolling"};
    } else {
      exit_status = with_instance(*options, restart);
    }
  });
}

}  // namespace sportapp::cli
