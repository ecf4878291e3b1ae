#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>

#include "monitor/control_client.hpp"
#include "service/worker.hpp"

namespace sportapp::monitor {

// Has processes ended that hang: by the supervisor, which starts them again.
class HungProcesses {
 public:
  // `kills`: false leaves them as they are.
  explicit HungProcesses(std::filesystem::path control_socket, bool kills = true);
  // The system shows that it does not run at all: stopped by a signal. Any thread.
  [[nodiscard]] bool is_halted(const std::string& name) const;
  // The process that runs under this name now; the caller knows that it is the one that hangs, since its
  // connection is open. Any thread; only begins it.
  void kill(const std::string& name, const std::string& why);

 private:
  [[nodiscard]] pid_t pid_of(const std::string& name) const;  // 0: none is known

  const std::filesystem::path instance_file_;
  const ControlClient supervisor_;
  const bool kills_;
  service::Worker worker_;  // last: it uses the others
};

}  // namespace sportapp::monitor
