#include "base/process/signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace sportapp::process {

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) sigaddset(&set, signal);
  // Under nohup it is ignored, and must stay so: blocked, it would come all the same.
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

Signals::~Signals() {
  ::close(fd_);
}

std::vector<int> Signals::wait(int timeout_ms, std::vector<pollfd> others) {
  others.push_back({fd_, POLLIN, 0});
  ::poll(others.data(), others.size(), timeout_ms);
  std::vector<int> came;
  for (signalfd_siginfo info{}; ::read(fd_, &info, sizeof info) == sizeof info;) {
    came.push_back(static_cast<int>(info.ssi_signo));
  }
  return came;
}

}  // namespace sportapp::process
