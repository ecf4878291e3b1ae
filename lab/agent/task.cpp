#include "lab/agent/task.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/files.hpp"
#include "base/process/child.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLastLines = 5;

// What a child is started with; given back at the end.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void redirect(int input, const fs::path& log) {
    if (input >= 0) {
      ::posix_spawn_file_actions_adddup2(&actions_, input, 0);
    } else {
      ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    }
    ::posix_spawn_file_actions_addopen(&actions_, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::posix_spawn_file_actions_adddup2(&actions_, 1, 2);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
  }
  void begin_session_with_default_signals() {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  // 0 or an errno.
  [[nodiscard]] int spawn(const std::vector<std::string>& arguments, pid_t& pid) const {
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    return ::posix_spawnp(&pid, argv[0], &actions_, &attributes_, argv.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// Whether the process ended within the time.
bool wait_for_end(pid_t pid, int within_ms) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return true;  // then it is gone
  pollfd waiting{fd, POLLIN, 0};
  const int ready = ::poll(&waiting, 1, within_ms);
  ::close(fd);
  return ready > 0;
}

}  // namespace

Result<Task> Task::start(const std::vector<std::string>& arguments, const fs::path& log, int input) {
  SpawnPlan plan;
  plan.redirect(input, log);
  plan.begin_session_with_default_signals();
  pid_t pid = 0;
  if (const int error = plan.spawn(arguments, pid); error != 0) {
    return Error{Retry::kLater, fmt::format("cannot start {}: {}", arguments.front(), std::strerror(error))};
  }
  return Task(pid);
}

Task::~Task() {
  if (pid_ != 0 && !status_) kill();
}

Task::Task(Task&& other) noexcept : pid_(std::exchange(other.pid_, 0)), status_(other.status_) {}

Task& Task::operator=(Task&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(status_, other.status_);
  return *this;
}

std::optional<int> Task::ended(int within_ms) {
  if (pid_ == 0 || status_) return status_;
  if (within_ms > 0) wait_for_end(pid_, within_ms);
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

void Task::kill() {
  ::kill(-pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  status_ = status;
}

Result<void> run_task(const std::vector<std::string>& arguments, const fs::path& log, int within_ms) {
  auto task = Task::start(arguments, log);
  if (!task) return task.error();
  if (const auto status = task->ended(within_ms)) return judge_end(*status, arguments, log);
  task->kill();
  return Error{Retry::kLater, fmt::format("{} did not end within {} ms and was killed; see {}",
                                          fmt::join(arguments, " "), within_ms, log.string())};
}

Result<void> judge_end(int wait_status, const std::vector<std::string>& arguments, const fs::path& log) {
  if (wait_status == 0) return {};
  return Error{Retry::kLater, fmt::format("{} {}; it said last: {}", fmt::join(arguments, " "),
                                          process::describe_end(wait_status),
                                          fmt::join(last_lines(log, kLastLines), " | "))};
}

}  // namespace sportapp::lab
