// Processes for tests: what they do, what their disk lets them do, and waiting until it is so.
#pragma once
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/process/process_id.hpp"
#include "lab/agent/disks.hpp"
#include "lab/agent/task.hpp"

namespace sportapp::lab::testing {

// Whether it became so, in time enough for any machine.
inline bool until(const std::function<bool()>& is_so) {
  constexpr std::int64_t kBoundMs = 30'000;
  const SystemClock clock;
  const auto deadline = clock.monotonic_ms() + kBoundMs;
  while (!is_so()) {
    if (clock.monotonic_ms() > deadline) return false;
    ::usleep(10'000);
  }
  return true;
}

// The field of /proc/PID/stat after the name: 0 the state, 1 the parent, 11 and 12 the ticks that it
// computed.
inline std::string stat_field(pid_t pid, int number) {
  const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat").value_or("");
  const auto name_end = stat.rfind(')');
  std::istringstream fields(name_end == std::string::npos ? "" : stat.substr(name_end + 1));
  std::string field;
  for (int i = 0; i <= number; ++i) fields >> field;
  return field;
}

inline bool is_stopped(pid_t pid) {
  return stat_field(pid, 0) == "T";
}

inline std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto pid = static_cast<pid_t>(std::stol(name));
    if (stat_field(pid, 1) == std::to_string(parent)) children.push_back(pid);
  }
  return children;
}

inline Task start_task(const std::string& script, const std::filesystem::path& folder) {
  return std::move(Task::start({"sh", "-c", script}, folder / "task.log").value());
}

// Arguments of a script that runs with the library that spoils disks.
inline std::vector<std::string> with_disk_library(const std::filesystem::path& table,
                                                  const std::string& script) {
  std::vector<std::string> arguments{"env"};
  for (const auto& [name, value] : disk_environment(table).value()) arguments.push_back(name + "=" + value);
  arguments.insert(arguments.end(), {"sh", "-c", script});
  return arguments;
}

// Whether such a program can write below the folder.
inline bool has_room(const std::filesystem::path& table, const std::filesystem::path& folder) {
  const auto script = "exec dd if=/dev/zero bs=1k count=1 of='" + (folder / "written").string() + "'";
  return static_cast<bool>(run_task(with_disk_library(table, script), table.string() + ".log", 30'000));
}

inline process::ProcessId identity(const Task& task) {
  return process::identify(task.pid()).value();
}

}  // namespace sportapp::lab::testing
