#pragma once
#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/control_client.hpp"
#include "base/process/patience.hpp"
#include "base/worker.hpp"

namespace sportapp::monitor {

// Has processes ended that hang: by the supervisor, which starts them again.
class HungProcesses {
 public:
  // `kills`: false leaves them as they are.
  explicit HungProcesses(std::filesystem::path control_socket, bool kills = true);
  // The system shows that it does not run at all: stopped by a signal. Any thread.
  [[nodiscard]] bool is_halted(const std::string& name) const;
  // So many times as long as usual is the process of this name to be waited for before it is killed. Any
  // thread.
  [[nodiscard]] std::int64_t patience(const std::string& name) const;
  // The process that runs under this name now; the caller knows that it is the one that hangs, since its
  // connection is open. Any thread; only begins it.
  void kill(const std::string& name, const std::string& why);
  // Tells the supervisor that this process, the monitor, does not hang itself: said from the thread that must
  // not, often.
  void beat();

 private:
  struct Ended {
    pid_t pid = 0;  // the last one, unless it was halted
    process::Patience patience;
  };
  [[nodiscard]] pid_t pid_of(const std::string& name) const;  // 0: none is known
  void note_end(const std::string& name, pid_t pid);

  const SystemClock clock_;
  const std::filesystem::path instance_file_;
  const ControlClient supervisor_;
  const bool kills_;
  mutable std::mutex mutex_;            // for the next
  std::map<std::string, Ended> ended_;  // by name
  std::atomic<bool> beating_ = false;
  std::string beat_trouble_;  // of the beats' worker
  Worker worker_;             // last two: they use the others
  Worker beats_;              // of its own, since a kill may take its time
};

}  // namespace sportapp::monitor
