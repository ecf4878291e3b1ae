#include "ops/supervisor/leftovers.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/clock.hpp"
#include "ops/instance/instance.hpp"
#include "ops/instance/topology.hpp"

namespace sportapp::supervisor {
namespace {

constexpr int kTermMs = 20'000;  // services drain, and close their databases
constexpr int kKillMs = 3000;
constexpr int kGonePollMs = 20;

std::set<std::string> our_programs() {
  std::set<std::string> names;
  for (const auto& member : instance::topology()) {
    names.insert(member.program);
    // Debian's redis-server is a link to a file of another name, and /proc shows that one.
    std::error_code error;
    const auto found = instance::find_program(member.program);
    if (!found) continue;
    const auto real = std::filesystem::canonical(*found, error);
    if (!error) names.insert(real.filename().string());
  }
  return names;
}

std::vector<process::SeenProcess> still_alive(std::vector<process::SeenProcess> processes) {
  std::erase_if(processes,
                [](const process::SeenProcess& process) { return !process::is_alive(process.id); });
  return processes;
}

std::vector<process::SeenProcess> signal_and_wait(std::vector<process::SeenProcess> processes, int signal,
                                                  int bound_ms) {
  for (const auto& process : processes) {
    // One that is stopped by a signal would not end before it is killed.
    process::signal_process(process.id, process::is_halted(process.id.pid) ? SIGKILL : signal);
  }
  const SystemClock clock;
  const auto deadline = clock.monotonic_ms() + bound_ms;
  for (processes = still_alive(processes); !processes.empty() && clock.monotonic_ms() < deadline;
       processes = still_alive(processes)) {
    ::usleep(kGonePollMs * 1000);
  }
  return processes;
}

}  // namespace

std::vector<process::SeenProcess> find_leftovers(const instance::Layout& layout) {
  std::vector<process::SeenProcess> found;
  const auto programs = our_programs();
  for (auto& process : process::processes_working_below(layout.run())) {
    if (process.id.pid != ::getpid() && programs.contains(process.program)) found.push_back(process);
  }
  const auto instance = instance::read_instance_file(layout.instance_file());
  if (!instance) return found;
  for (const auto& process : instance->processes) {
    const bool seen = std::any_of(found.begin(), found.end(),
                                  [&](const process::SeenProcess& one) { return one.id == process.id; });
    if (!seen && process.id.start_time != 0 && process::is_alive(process.id))
      found.push_back({process.id, process.name});
  }
  return found;
}

Result<std::size_t> end_leftovers(const instance::Layout& layout) {
  const auto found = find_leftovers(layout);
  auto left = signal_and_wait(found, SIGTERM, kTermMs);
  left = signal_and_wait(left, SIGKILL, kKillMs);
  if (left.empty()) return found.size();
  std::string names;
  for (const auto& process : left) names += fmt::format(" {} (pid {})", process.program, process.id.pid);
  return Error{
      Retry::kLater,
      fmt::format("processes of an earlier start do not end even when killed:{}; see them with ps", names)};
}

}  // namespace sportapp::supervisor
