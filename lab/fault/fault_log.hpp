// A fault that was brought about, and the log of them: faults.jsonl in a run's folder.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sportapp::lab {

enum class FaultKind : std::uint8_t {
  kKill,
  kStop,  // SIGSTOP for ever: whoever notices must end it
  kFreeze,
  kCut,
  kSlowDisk,
  kFullDisk,
  kSqueeze,
  kPoison,
  kSwitchover,
  kRolling,
  kCommand,
};
// kill stop freeze cut slow_disk full_disk squeeze poison switchover rolling command
[[nodiscard]] std::string_view to_string(FaultKind kind);
[[nodiscard]] std::optional<FaultKind> fault_kind(std::string_view text);

struct InjectedFault {
  int number = 0;  // 1, 2, 3... in the order of the schedule
  FaultKind kind = FaultKind::kKill;
  std::string target;                     // as the scenario says it: users.primary
  std::string what;                       // what that was: kill -9 of users-commands-a
  std::int64_t at_us = 0;                 // both: since the load's start, monotonic
  std::optional<std::int64_t> healed_us;  // nothing: there is nothing to heal, or it is not healed (yet)
  bool operator==(const InjectedFault&) const = default;
};

// A line a fault when it struck, and a second one with the same number when it was healed: what was written
// before the lab's own crash is there. One thread.
class FaultLog {
 public:
  // Recreates the file.
  [[nodiscard]] static Result<FaultLog> create(const std::filesystem::path& file);
  ~FaultLog();
  FaultLog(FaultLog&& other) noexcept;
  FaultLog& operator=(FaultLog&&) = delete;

  [[nodiscard]] Result<void> add(const InjectedFault& struck);

 private:
  FaultLog(std::filesystem::path file, int fd) : file_(std::move(file)), fd_(fd) {}
  std::filesystem::path file_;
  int fd_;
};

// By number; of two lines with one number the later counts. An error names file and line.
[[nodiscard]] Result<std::vector<InjectedFault>> read_fault_log(const std::filesystem::path& file);

}  // namespace sportapp::lab
