#include "ops/supervisor/detach.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>

namespace sportapp::supervisor {
namespace {

std::atomic<pid_t> background = 0;
static_assert(std::atomic<pid_t>::is_always_lock_free);  // a signal handler reads it

void pass_on(int signal) {
  ::kill(background, signal);
}

int wait_for_word(int report) {
  // Ctrl-C while it starts ends the child too, and then its word or its end comes here.
  struct sigaction action {};
  action.sa_handler = pass_on;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  unsigned char status = 0;
  ssize_t got = 0;
  do got = ::read(report, &status, 1);
  while (got < 0 && errno == EINTR);
  if (got == 1) return status;
  int ended = 0;
  while (::waitpid(background, &ended, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(ended) ? WEXITSTATUS(ended) : 1;
}

}  // namespace

Detach::~Detach() {
  if (report_ >= 0) ::close(report_);
}

std::optional<int> Detach::fork() {
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0) {
    std::perror("sportapp: cannot make a pipe");
    return 1;
  }
  std::fflush(nullptr);
  background = ::fork();
  if (background < 0) {
    std::perror("sportapp: cannot fork");
    return 1;
  }
  if (background > 0) {
    ::close(report[1]);
    return wait_for_word(report[0]);
  }
  ::close(report[0]);
  report_ = report[1];
  ::setsid();
  // What a script holds open, a lock perhaps, must not be held for as long as we live.
  if (report_ > 3) ::close_range(3, static_cast<unsigned>(report_) - 1, 0);
  ::close_range(static_cast<unsigned>(report_) + 1, ~0U, 0);
  return std::nullopt;
}

void Detach::let_go(int exit_status, const std::filesystem::path& stderr_log) {
  if (report_ < 0) return;
  std::fflush(nullptr);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
  const int log = ::open(stderr_log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(null, 0);
  ::dup2(null, 1);
  ::dup2(log < 0 ? null : log, 2);
  if (null > 2) ::close(null);
  if (log > 2) ::close(log);
  const auto status = static_cast<unsigned char>(exit_status);
  [[maybe_unused]] const auto sent = ::write(report_, &status, 1);
  ::close(report_);
  report_ = -1;
}

}  // namespace sportapp::supervisor
