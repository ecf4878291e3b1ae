// A process for tests.
#pragma once
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/process/child.hpp"
#include "base/process/process_id.hpp"

namespace sportapp::process::testing {

// A child of this test, killed at its end.
class TestChild {
 public:
  TestChild() = default;
  ~TestChild() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    collect();
  }
  TestChild(const TestChild&) = delete;
  TestChild& operator=(const TestChild&) = delete;

  // Once. In this folder; `log` gets what it prints.
  ProcessId start(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                  const std::filesystem::path& log) {
    pid_ = launch({arguments, folder, log, SIGKILL}).value();
    return identify(pid_).value();
  }
  // As its parent must, before anybody can see that it is gone.
  void collect() {
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

}  // namespace sportapp::process::testing
