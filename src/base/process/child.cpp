#include "base/process/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/files.hpp"

namespace sportapp::process {
namespace {

constexpr std::uintmax_t kStderrBytesMax = 1 << 20;

// What the child could not do, told through a pipe that a successful exec closes.
struct Failure {
  const char* step;
  int error;
};

struct Prepared {
  std::vector<char*> argv;
  const char* folder;
  const char* log;
  int death_signal;
  pid_t parent;
};

void raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void reset_signals() {
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2}) {
    ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Runs between fork and exec: system calls only. Returns where it could not go on.
const char* become(const Prepared& prepared, int report) {
  ::setsid();
  reset_signals();
  if (prepared.death_signal != 0) {
    ::prctl(PR_SET_PDEATHSIG, prepared.death_signal);
    if (::getppid() != prepared.parent) ::_exit(1);  // the supervisor died before it could be noticed
  }
  raise_open_files();
  if (::chdir(prepared.folder) != 0) return "enter its folder";
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return "open /dev/null";
  if (::dup2(null, 0) < 0) return "redirect its input";
  if (prepared.log[0] != '\0') {
    // On a disk that takes no writes it is better to serve without this log than not at all.
    int log = ::open(prepared.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) log = null;
    if (::dup2(log, 1) < 0 || ::dup2(log, 2) < 0) return "redirect its output";
  }
  if (report > 3) ::close_range(3, static_cast<unsigned>(report) - 1, 0);
  ::close_range(static_cast<unsigned>(report) + 1, ~0U, 0);
  ::execv(prepared.argv[0], prepared.argv.data());
  return "execute it";
}

Result<pid_t> told(pid_t pid, int report, const Launch& launch) {
  Failure failure{};
  ssize_t got = 0;
  do got = ::read(report, &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  ::close(report);
  if (got != sizeof failure) return pid;
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return Error{Retry::kLater, fmt::format("cannot start {}: could not {}: {}", launch.arguments.front(),
                                          failure.step, std::strerror(failure.error))};
}

Result<void> prepare_files(const Launch& launch) {
  std::error_code error;
  std::filesystem::create_directories(launch.folder, error);
  if (!error && !launch.stderr_log.empty())
    std::filesystem::create_directories(launch.stderr_log.parent_path(), error);
  if (error) {
    return Error{Retry::kLater, fmt::format("cannot make {}: {}", launch.folder.string(), error.message())};
  }
  const auto size = std::filesystem::file_size(launch.stderr_log, error);
  if (!error && size > kStderrBytesMax) rotate(launch.stderr_log, 1);
  return {};
}

}  // namespace

Result<pid_t> launch(const Launch& launch) {
  if (auto made = prepare_files(launch); !made) return made.error();
  Prepared prepared{{}, launch.folder.c_str(), launch.stderr_log.c_str(), launch.death_signal, ::getpid()};
  for (const auto& argument : launch.arguments) prepared.argv.push_back(const_cast<char*>(argument.c_str()));
  prepared.argv.push_back(nullptr);
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0) {
    return Error{Retry::kLater, fmt::format("cannot make a pipe: {}", std::strerror(errno))};
  }
  const pid_t pid = ::fork();
  if (pid == 0) {
    const Failure failure{become(prepared, report[1]), errno};
    [[maybe_unused]] const auto sent = ::write(report[1], &failure, sizeof failure);
    ::_exit(127);
  }
  const int error = errno;
  ::close(report[1]);
  if (pid < 0) {
    ::close(report[0]);
    return Error{Retry::kLater, fmt::format("cannot fork: {}", std::strerror(error))};
  }
  return told(pid, report[0], launch);
}

bool group_exists(pid_t pid) {
  return ::kill(-pid, 0) == 0 || errno == EPERM;
}

std::string describe_end(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    return fmt::format("was killed by signal {} ({})", signal, ::strsignal(signal));
  }
  return fmt::format("ended with status {}", WEXITSTATUS(wait_status));
}

}  // namespace sportapp::process
