// The supervisor's control socket, as who asks it sees it: one JSON line there, one back.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace sportapp {

class ControlClient {
 public:
  explicit ControlClient(std::filesystem::path socket, int timeout_ms = 5000);

  // Each is an error where the supervisor does not answer in time, or refuses: then with its words. They only
  // begin it.
  [[nodiscard]] Result<void> kill(const std::string& name, pid_t pid, const std::string& why) const;
  // Said again and again, by a process that is killed where it says so no more.
  [[nodiscard]] Result<void> alive(const std::string& name, pid_t pid) const;
  [[nodiscard]] Result<void> stop(const std::string& name, const std::string& by) const;
  [[nodiscard]] Result<void> start(const std::string& name) const;
  [[nodiscard]] Result<void> restart(const std::string& name) const;

 private:
  [[nodiscard]] Result<void> ask(const std::string& line) const;
  std::filesystem::path socket_;
  int timeout_ms_;
};

}  // namespace sportapp
