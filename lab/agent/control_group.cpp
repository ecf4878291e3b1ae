#include "lab/agent/control_group.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <sstream>

#include "base/files.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;

constexpr int kPeriodUs = 20'000;  // short, so that it is slow and does not stand still for long
constexpr const char* kProcesses = "cgroup.procs";
constexpr const char* kMax = "cpu.max";             // version 2
constexpr const char* kQuota = "cpu.cfs_quota_us";  // version 1
constexpr const char* kPeriod = "cpu.cfs_period_us";

// Control files take one write and no more: neither beside nor in parts. Empty when it was taken, else why
// not.
std::string write_control(const fs::path& file, const std::string& text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return fmt::format("{}: {}", file.string(), std::strerror(errno));
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  ::close(fd);
  return written ? "" : fmt::format("{}: {}", file.string(), std::strerror(error));
}

bool has_word(const std::string& text, const std::string& word, char between) {
  std::istringstream words(text);
  for (std::string one; std::getline(words, one, between);) {
    if (one == word) return true;
  }
  return false;
}

// Where the controller is mounted: version 1 names it, version 2 has one tree for all.
std::optional<fs::path> mount_point(bool version_2) {
  std::istringstream mounts(read_file("/proc/mounts").value_or(""));
  std::string device, folder, type, options;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream(line) >> device >> folder >> type >> options;
    if (version_2 ? type == "cgroup2" : type == "cgroup" && has_word(options, "cpu", ',')) return folder;
  }
  return std::nullopt;
}

// The group of a process below the mount point: "/user.slice".
std::optional<std::string> group_of(pid_t pid, bool version_2) {
  std::istringstream groups(read_file(fmt::format("/proc/{}/cgroup", pid)).value_or(""));
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const bool fits = version_2 ? line.starts_with("0::") : has_word(controllers, "cpu", ',');
    if (fits) return line.substr(second + 1);
  }
  return std::nullopt;
}

void add_choices(bool version_2, const Throttled& wanted, std::vector<Throttled>& choices) {
  const auto mount = mount_point(version_2);
  const auto group = group_of(wanted.id.pid, version_2);
  if (!mount || !group) return;
  auto choice = wanted;
  choice.home = *mount / fs::path(*group).relative_path();
  const auto name = fmt::format("sportapp-lab-{}", wanted.id.pid);
  if (!version_2) {
    choice.group = choice.home / name;
    choices.push_back(std::move(choice));
    return;
  }
  // Version 2 has processes in leaves only: the new group is a sister of the old one, or of one above it.
  for (auto parent = fs::path(*group);; parent = parent.parent_path()) {
    const bool is_root = parent == parent.root_path();
    choice.group = *mount / (is_root ? parent : parent.parent_path()).relative_path() / name;
    if (choices.empty() || choices.back().group != choice.group) choices.push_back(choice);
    if (is_root) break;
  }
}

std::string limit(const Throttled& throttled) {
  const int quota_us = kPeriodUs / 100 * throttled.cpu_percent;
  if (fs::exists(throttled.group / kMax)) {
    return write_control(throttled.group / kMax, fmt::format("{} {}", quota_us, kPeriodUs));
  }
  if (!fs::exists(throttled.group / kQuota))
    return throttled.group.string() + ": it has no controller of CPU time";
  auto why = write_control(throttled.group / kPeriod, std::to_string(kPeriodUs));
  return why.empty() ? write_control(throttled.group / kQuota, std::to_string(quota_us)) : why;
}

// The process, and those that it started and that are in its process group still.
std::vector<pid_t> all_of(const process::ProcessId& id) {
  std::vector<pid_t> pids{id.pid};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const auto name = entry.path().filename().string();
    pid_t pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    const bool is_process = read.ec == std::errc() && read.ptr == name.data() + name.size();
    if (is_process && pid != id.pid && ::getpgid(pid) == id.pid) pids.push_back(pid);
  }
  return pids;
}

void move_home(const Throttled& throttled) {
  std::istringstream pids(read_file(throttled.group / kProcesses).value_or(""));
  // One that has just ended cannot be moved and need not be.
  for (std::string pid; pids >> pid;) static_cast<void>(write_control(throttled.home / kProcesses, pid));
}

}  // namespace

std::vector<Throttled> throttle_choices(const std::string& name, const process::ProcessId& id,
                                        int cpu_percent) {
  std::vector<Throttled> choices;
  const Throttled wanted{name, id, {}, {}, cpu_percent};
  for (const bool version_2 : {true, false}) add_choices(version_2, wanted, choices);
  return choices;
}

Result<void> throttle(const Throttled& throttled) {
  std::error_code error;
  fs::create_directory(throttled.group, error);
  if (error) {
    return Error{Retry::kNever,
                 fmt::format("cannot make the group {}: {}", throttled.group.string(), error.message())};
  }
  auto why = limit(throttled);
  if (why.empty() && !process::is_alive(throttled.id)) why = throttled.name + " has ended";
  for (const auto pid : why.empty() ? all_of(throttled.id) : std::vector<pid_t>()) {
    const auto failed = write_control(throttled.group / kProcesses, std::to_string(pid));
    if (pid == throttled.id.pid) why = failed;  // what it started may have ended meanwhile
  }
  if (why.empty()) return {};
  static_cast<void>(unthrottle(throttled));  // the first error is the one that tells
  return Error{Retry::kNever, "CPU time cannot be limited: " + why};
}

Result<void> unthrottle(const Throttled& throttled) {
  std::error_code error;
  if (!fs::exists(throttled.group, error)) return {};
  std::string why;
  if (fs::exists(throttled.group / kMax)) why = write_control(throttled.group / kMax, "max");
  if (fs::exists(throttled.group / kQuota)) why = write_control(throttled.group / kQuota, "-1");
  if (!why.empty()) return Error{Retry::kLater, "the limit of CPU time stays: " + why};
  move_home(throttled);
  if (::rmdir(throttled.group.c_str()) == 0 || errno == ENOENT) return {};
  return Error{Retry::kLater,
               fmt::format("the group {} stays: {}", throttled.group.string(), std::strerror(errno))};
}

}  // namespace sportapp::lab
