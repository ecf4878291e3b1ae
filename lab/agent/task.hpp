// A child process that is waited for, with a deadline, and never left behind.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sportapp::lab {

class Task {
 public:
  // In a session of its own, so that a terminal's Ctrl-C does not reach it. `log` takes what it says and is
  // added to; `input`: its standard input, else there is none. Nothing else is inherited. Any thread.
  [[nodiscard]] static Result<Task> start(const std::vector<std::string>& arguments,
                                          const std::filesystem::path& log, int input = -1);
  ~Task();  // what still runs is killed, with its session's processes
  Task(Task&& other) noexcept;
  Task& operator=(Task&& other) noexcept;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Its wait status, once it has ended within the time; 0 ms only looks.
  std::optional<int> ended(int within_ms = 0);
  void kill();

 private:
  explicit Task(pid_t pid) : pid_(pid) {}
  pid_t pid_;  // 0: moved from
  std::optional<int> status_;
};

// Runs it to its end; an error when that is not exit status 0, or not within the time. It says what it said
// last.
[[nodiscard]] Result<void> run_task(const std::vector<std::string>& arguments,
                                    const std::filesystem::path& log, int within_ms);
// The error of a task that has ended with this status; nothing for 0.
[[nodiscard]] Result<void> judge_end(int wait_status, const std::vector<std::string>& arguments,
                                     const std::filesystem::path& log);

}  // namespace sportapp::lab
