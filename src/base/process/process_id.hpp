// Processes as /proc shows them. A pid alone names nobody: it is used again; with its start time it does.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sportapp::process {

struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_time = 0;  // ticks since boot, from /proc/PID/stat
  bool operator==(const ProcessId&) const = default;
};

// Nothing when there is no such process or it is a zombie.
[[nodiscard]] std::optional<ProcessId> identify(pid_t pid);
[[nodiscard]] bool is_alive(const ProcessId& id);
// Stopped by a signal: it does not run at all.
[[nodiscard]] bool is_halted(pid_t pid);

// What this user may see of processes whose working folder lies below `folder`.
struct SeenProcess {
  ProcessId id;
  std::string program;  // name of the executable's file
};
[[nodiscard]] std::vector<SeenProcess> processes_working_below(const std::filesystem::path& folder);

// Signals only who is meant: through a pidfd, so that a reused pid is not hit. False when it is gone.
bool signal_process(const ProcessId& id, int signal);

}  // namespace sportapp::process
