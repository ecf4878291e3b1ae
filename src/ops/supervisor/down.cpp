#include "ops/supervisor/down.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <set>
#include <string>

#include "base/clock.hpp"
#include "base/exit_status.hpp"
#include "ops/instance/instance.hpp"
#include "ops/supervisor/leftovers.hpp"
#include "ops/supervisor/lock.hpp"
#include "ops/supervisor/say.hpp"

namespace sportapp::supervisor {
namespace {

constexpr int kEndPollMs = 50;
constexpr int kKilledMs = 3000;

void show_progress(const instance::Layout& layout, std::set<std::string>& shown) {
  const auto instance = instance::read_instance_file(layout.instance_file());
  if (!instance) return;
  for (const auto& note : instance->notes) {
    if (shown.insert(note).second) say("  {}\n", note);
  }
  for (const auto& process : instance->processes) {
    if (process.state != instance::ProcessState::kStopped || !shown.insert(process.name).second) continue;
    say("  {:<20} {}\n", process.name, process.last_end.empty() ? "stopped" : process.last_end);
  }
}

bool gone_within(const instance::Layout& layout, const process::ProcessId& supervisor, int bound_ms) {
  const SystemClock clock;
  std::set<std::string> shown;
  for (const auto deadline = clock.monotonic_ms() + bound_ms; process::is_alive(supervisor);
       ::usleep(kEndPollMs * 1000)) {
    show_progress(layout, shown);
    if (clock.monotonic_ms() > deadline) return false;
  }
  return true;
}

// What a supervisor that was killed could not end itself.
int end_rest(const instance::Layout& layout) {
  std::error_code unknown;
  if (!std::filesystem::exists(layout.data, unknown)) return 0;
  auto lock = InstanceLock::try_take(layout.data);
  if (!lock) {
    fmt::print(stderr, "sportapp: {}\n", lock.error().what);
    return kExitFailed;
  }
  if (!*lock) {
    const auto holder = InstanceLock::holder(layout.data);
    fmt::print(stderr,
               "sportapp: another one is just starting or stopping on {}{}; try again in some seconds\n",
               layout.data.string(), holder ? fmt::format(": pid {}", *holder) : "");
    return kExitFailed;
  }
  const auto ended = end_leftovers(layout);
  if (!ended) {
    fmt::print(stderr, "sportapp: {}\n", ended.error().what);
    return kExitFailed;
  }
  if (*ended > 0) say("Ended {} processes that a killed supervisor had left.\n", *ended);
  std::error_code ignored;  // it names processes that are gone; the next start writes a new one
  std::filesystem::remove(layout.instance_file(), ignored);
  return 0;
}

}  // namespace

int down(const std::filesystem::path& data, int timeout_s) {
  const instance::Layout layout{instance::normal_folder(data)};
  const auto instance = instance::read_instance(data);
  if (!instance) {
    say("SportApp does not run on {}.\n", layout.data.string());
    return end_rest(layout);
  }
  if (instance->apart) {
    fmt::print(
        stderr,
        "sportapp: each process on {} has a supervisor of its own (sportapp run); end them where they were "
        "started: docker-compose down, systemctl stop sportapp.target\n",
        layout.data.string());
    return kExitFailed;
  }
  say("Stopping SportApp on {} (pid {}); requests under way are answered first.\n", layout.data.string(),
      instance->supervisor.pid);
  process::signal_process(instance->supervisor, SIGTERM);
  if (!gone_within(layout, instance->supervisor, timeout_s * 1000)) {
    say("It did not end within {} s; killing it.\n", timeout_s);
    process::signal_process(instance->supervisor, SIGKILL);
    gone_within(layout, instance->supervisor, kKilledMs);
  }
  const int rest = end_rest(layout);
  if (rest == 0) say("SportApp is stopped.\n");
  return rest;
}

}  // namespace sportapp::supervisor
