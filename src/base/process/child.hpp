// One child process: how it is started and how its whole group is ended.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sportapp::process {

struct Launch {
  std::vector<std::string> arguments;  // the first is the program's path
  std::filesystem::path folder;        // working folder; made when it is not there
  std::filesystem::path stderr_log;    // standard output and error go there; empty: where this process's go
  int death_signal = 0;                // what it gets when its supervisor dies; 0: nothing
};

// The child leads a session and group of its own (Ctrl-C of a terminal reaches the supervisor only), may open
// as many files as the system allows, and inherits nothing else. Must be called on the main thread: the death
// signal is tied to the thread that starts the child.
[[nodiscard]] Result<pid_t> launch(const Launch& launch);

// Whether any process of the group led by `pid` is left, zombies included.
[[nodiscard]] bool group_exists(pid_t pid);

// "ended with status 2", "was killed by signal 9 (Killed)"
[[nodiscard]] std::string describe_end(int wait_status);

}  // namespace sportapp::process
