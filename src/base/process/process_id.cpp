#include "base/process/process_id.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <sstream>

#include "base/files.hpp"

namespace sportapp::process {
namespace {

namespace fs = std::filesystem;

std::string link_target(const fs::path& link) {
  std::error_code error;
  auto target = fs::read_symlink(link, error).string();
  if (error) return {};
  // What the kernel adds when the file was replaced, as a new build does.
  constexpr std::string_view kDeleted = " (deleted)";
  if (target.ends_with(kDeleted)) target.resize(target.size() - kDeleted.size());
  return target;
}

bool is_below(const std::string& path, const fs::path& folder) {
  return path.starts_with(folder.string() + "/");
}

// The fields of /proc/PID/stat from the third on, the state; none where there is no such process.
std::istringstream stat_from_state(pid_t pid) {
  const auto stat = pid <= 0 ? std::nullopt : read_file(fs::path("/proc") / std::to_string(pid) / "stat");
  // pid (name) state ppid ...: the name may hold anything, so fields are counted after its last bracket.
  const auto name_end = stat ? stat->rfind(')') : std::string::npos;
  return std::istringstream(name_end == std::string::npos ? "" : stat->substr(name_end + 1));
}

}  // namespace

std::optional<ProcessId> identify(pid_t pid) {
  auto fields = stat_from_state(pid);
  std::string field;
  fields >> field;
  if (!fields) return std::nullopt;
  if (field == "Z" || field == "X") return std::nullopt;
  constexpr int kStartTime = 22;
  for (int number = 4; number < kStartTime; ++number) fields >> field;
  ProcessId id{pid, 0};
  fields >> id.start_time;
  return fields ? std::optional(id) : std::nullopt;
}

bool is_halted(pid_t pid) {
  std::string state;
  return stat_from_state(pid) >> state && state == "T";
}

bool is_alive(const ProcessId& id) {
  return identify(id.pid) == id;
}

std::vector<SeenProcess> processes_working_below(const fs::path& folder) {
  std::vector<SeenProcess> seen;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const auto name = entry.path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) continue;
    const auto id = identify(pid);
    if (!id || !is_below(link_target(entry.path() / "cwd"), folder)) continue;
    const auto program = fs::path(link_target(entry.path() / "exe")).filename().string();
    if (is_alive(*id)) seen.push_back({*id, program});
  }
  return seen;
}

bool signal_process(const ProcessId& id, int signal) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, id.pid, 0));
  if (fd < 0) return false;
  const bool sent = is_alive(id) && ::syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0) == 0;
  ::close(fd);
  return sent;
}

}  // namespace sportapp::process
