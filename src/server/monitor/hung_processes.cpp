#include "server/monitor/hung_processes.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <utility>

#include "base/files.hpp"
#include "base/json_reading.hpp"
#include "base/process/process_id.hpp"

namespace sportapp::monitor {
namespace {

namespace json = boost::json;

}  // namespace

HungProcesses::HungProcesses(std::filesystem::path control_socket, bool kills)
    : instance_file_(control_socket.parent_path() / "instance.json"),
      supervisor_(std::move(control_socket)),
      kills_(kills) {}

pid_t HungProcesses::pid_of(const std::string& name) const {
  const auto instance = parse_object(read_file(instance_file_).value_or(""));
  const auto* processes = instance ? list_in(*instance, "processes") : nullptr;
  if (processes == nullptr) return 0;
  for (const auto& process : *processes) {
    const auto* object = process.if_object();
    if (object == nullptr || text_in(*object, "name") != name) continue;
    if (const auto pid = number_in(*object, "pid")) return static_cast<pid_t>(*pid);
  }
  return 0;
}

bool HungProcesses::is_halted(const std::string& name) const {
  const auto pid = pid_of(name);
  return pid > 0 && process::is_halted(pid);
}

std::int64_t HungProcesses::patience(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto ended = ended_.find(name);
  return ended == ended_.end() ? 1 : ended->second.patience.times(clock_.monotonic_ms());
}

// Whoever finds it silent asks for its end, and again while that takes its time: of one process one counts.
void HungProcesses::note_end(const std::string& name, pid_t pid) {
  const std::lock_guard lock(mutex_);
  auto& ended = ended_[name];
  if (std::exchange(ended.pid, pid) != pid) ended.patience.ended(clock_.monotonic_ms());
}

void HungProcesses::kill(const std::string& name, const std::string& why) {
  const auto pid = kills_ ? pid_of(name) : 0;
  if (pid <= 0) return;
  worker_.post([this, name, pid, why, halted = process::is_halted(pid)] {
    if (const auto killed = supervisor_.kill(name, pid, why)) {
      if (!halted) note_end(name, pid);
      spdlog::warn("{} (pid {}) hangs and is killed: {}", name, pid, why);
    } else {
      spdlog::error("{} (pid {}) hangs ({}) and cannot be killed: {}", name, pid, why, killed.error().what);
    }
  });
}

void HungProcesses::beat() {
  if (!kills_ || beating_.exchange(true)) return;
  beats_.post([this] {
    const auto told = supervisor_.alive("monitor", ::getpid());
    auto trouble = told ? std::string() : told.error().what;
    if (!trouble.empty() && trouble != beat_trouble_) spdlog::warn("{}", trouble);
    beat_trouble_ = std::move(trouble);
    beating_ = false;
  });
}

}  // namespace sportapp::monitor
