#include "supervisor/leftovers.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/clock.hpp"
#include "supervisor/instance.hpp"
#include "supervisor/topology.hpp"

namespace sportapp::supervisor {
namespace {

constexpr int kTermMs = 6000;  // services drain
constexpr int kKillMs = 3000;
constexpr int kPollMs = 20;

std::set<std::string> our_programs() {
  std::set<std::string> names;
  for (const auto& member : topology()) {
    names.insert(member.program);
    // Debian's redis-server is a link to a file of another name, and /proc shows that one.
    std::error_code error;
    const auto found = find_program(member.program);
    if (!found) continue;
    const auto real = std::filesystem::canonical(*found, error);
    if (!error) names.insert(real.filename().string());
  }
  return names;
}

std::vector<SeenProcess> still_alive(std::vector<SeenProcess> processes) {
  std::erase_if(processes, [](const SeenProcess& process) { return !is_alive(process.id); });
  return processes;
}

std::vector<SeenProcess> signal_and_wait(std::vector<SeenProcess> processes, int signal, int bound_ms) {
  for (const auto& process : processes) signal_process(process.id, signal);
  const SystemClock clock;
  const auto deadline = clock.monotonic_ms() + bound_ms;
  for (processes = still_alive(processes); !processes.empty() && clock.monotonic_ms() < deadline;
       processes = still_alive(processes)) {
    ::usleep(kPollMs * 1000);
  }
  return processes;
}

}  // namespace

std::vector<SeenProcess> find_leftovers(const Layout& layout) {
  std::vector<SeenProcess> found;
  const auto programs = our_programs();
  for (auto& process : processes_working_below(layout.run())) {
    if (process.id.pid != ::getpid() && programs.contains(process.program)) found.push_back(process);
  }
  const auto instance = read_instance_file(layout.instance_file());
  if (!instance) return found;
  for (const auto& process : instance->processes) {
    const bool seen =
        std::any_of(found.begin(), found.end(), [&](const SeenProcess& one) { return one.id == process.id; });
    if (!seen && process.id.start_time != 0 && is_alive(process.id))
      found.push_back({process.id, process.name});
  }
  return found;
}

Result<std::size_t> end_leftovers(const Layout& layout) {
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
