#pragma once
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace sportapp::testing {

// A copy of this process that does one thing, and is killed at the end of the test, however that ends, if it
// has not ended by itself.
class OtherProcess {
 public:
  template <class Act>
  explicit OtherProcess(Act act) : pid_(::fork()) {
    if (pid_ < 0) throw std::runtime_error("no process can be made");
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    act();
    ::_exit(0);
  }
  ~OtherProcess() {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

 private:
  const pid_t pid_;
};

}  // namespace sportapp::testing
