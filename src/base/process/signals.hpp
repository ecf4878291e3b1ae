#pragma once
#include <poll.h>

#include <vector>

namespace sportapp::process {

// Signals as something to wait for, instead of interruptions. Ignores SIGPIPE.
class Signals {
 public:
  Signals();  // SIGCHLD, SIGINT, SIGTERM, and SIGHUP where it is not ignored
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  // Those that came, after at most timeout_ms; sooner too when one of `others` is as it is waited for.
  [[nodiscard]] std::vector<int> wait(int timeout_ms, std::vector<pollfd> others = {});

 private:
  int fd_;
};

}  // namespace sportapp::process
