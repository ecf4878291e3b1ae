// What faults are brought upon. The instance under test tells who is what, at the moment when it is asked.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/process/process_id.hpp"
#include "base/result.hpp"

namespace sportapp::lab {

struct TargetProcess {
  std::string name;  // of the process: users-commands-a
  process::ProcessId id;
  std::filesystem::path data;  // the folder of its own files, absolute; empty: it has none
};

// Any thread may call, one at a time.
class Subject {
 public:
  virtual ~Subject() = default;
  // The processes that one target means now, without `+`: `users.primary` is one, `users.both` are all nodes.
  // An error where there is none now (it is asked again, for a moment) or ever (Retry::kNever).
  [[nodiscard]] virtual Result<std::vector<TargetProcess>> who(std::string_view target) = 0;
  // Empty when every service is redundant; else what is missing.
  [[nodiscard]] virtual std::string not_redundant() = 0;
  // `sportapp` with these arguments, about this instance: {"switchover", "users"} -> program, arguments,
  // --data.
  [[nodiscard]] virtual std::vector<std::string> command(std::vector<std::string> arguments) = 0;
};

}  // namespace sportapp::lab
