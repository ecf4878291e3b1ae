#include "server/quarantine/trial.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "base/descriptor.hpp"
#include "server/quarantine/trial_protocol.hpp"

extern char** environ;

namespace sportapp::quarantine {
namespace {

using Kind = TrialOutcome::Kind;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kSaidMax = 4096;

// All that the child has of its parent is `socket`, as its input and output: a client's connection that a
// child kept open would not break when its process dies.
pid_t spawn(const std::filesystem::path& program, int socket) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  std::string name = program.string();
  std::string argument = "--trial";
  std::array<char*, 3> arguments{name.data(), argument.data(), nullptr};
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, name.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  errno = failed;
  return failed == 0 ? child : -1;
}

SteadyTime in_ms(int delay_ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(delay_ms);
}

int left_ms(SteadyTime until) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
  return static_cast<int>(std::max(left, milliseconds(0)).count());
}

enum class Heard { kWord, kEnd, kLate, kStopped };

// A conversation with a child: what it is told, what it says, how it ends.
class Child {
 public:
  // `stop`: readable once nobody is interested any more.
  Child(pid_t pid, int socket, int stop, std::string told)
      : pid_(pid), socket_(socket), stop_(stop), told_(std::move(told)) {}
  ~Child() {
    ::kill(pid_, SIGKILL);
    (void)status();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Until it has said `word`, or has nothing more to say, or the time is over.
  Heard listen(std::string_view word, SteadyTime until) {
    while (!says(word)) {
      if (ended_) return Heard::kEnd;
      const auto talking = static_cast<short>(told_.empty() ? POLLIN : POLLIN | POLLOUT);
      std::array<pollfd, 2> waits{pollfd{socket_.get(), talking, 0}, pollfd{stop_, POLLIN, 0}};
      const int ready = ::poll(waits.data(), waits.size(), left_ms(until));
      if (ready == 0) return Heard::kLate;
      if (waits[1].revents != 0) return Heard::kStopped;
      if ((waits[0].revents & POLLOUT) != 0) tell();
      if ((waits[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) hear();
    }
    return Heard::kWord;
  }
  [[nodiscard]] const std::string& said() const { return said_; }
  [[nodiscard]] bool says(std::string_view word) const { return said_.find(word) != std::string::npos; }
  // Waits for its end.
  int status() {
    while (!reaped_ && ::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) continue;
    reaped_ = true;
    return status_;
  }

 private:
  void hear() {
    std::array<char, 512> bytes{};
    const auto got = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got > 0 && said_.size() < kSaidMax) {
      said_.append(bytes.data(), static_cast<std::size_t>(got));
    } else {
      ended_ = true;
    }
  }
  void tell() {
    const auto sent = ::send(socket_.get(), told_.data(), told_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) told_.erase(0, static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN) told_.clear();  // it is gone, as hear() will tell
    if (told_.empty()) ::shutdown(socket_.get(), SHUT_WR);
  }

  const pid_t pid_;
  const Descriptor socket_;
  const int stop_;
  std::string told_;
  std::string said_;
  bool ended_ = false;
  bool reaped_ = false;
  int status_ = 0;
};

TrialOutcome outcome_of(Child& child) {
  if (child.says(trial::kOk)) return {Kind::kPassed, ""};
  if (child.says(trial::kMemory)) return {Kind::kFailed, "it used up the memory that it was given"};
  const int status = child.status();
  if (WIFSIGNALED(status)) {
    return {Kind::kFailed, fmt::format("the process died of it: {}", ::strsignal(WTERMSIG(status)))};
  }
  return {Kind::kFailed, fmt::format("the process ended by it with status {}", WEXITSTATUS(status))};
}

}  // namespace

Trials::Trials(Options options) : options_(std::move(options)) {
  if (::pipe2(stop_pipe_, O_CLOEXEC) != 0) throw std::runtime_error("no pipe can be made");
  thread_ = std::thread([this] { run(); });
}

Trials::~Trials() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ::close(stop_pipe_[1]);
  wake_.notify_all();
  thread_.join();
  ::close(stop_pipe_[0]);
}

bool Trials::ask(TrialRequest request, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= options_.queue_max) return false;
    queue_.push_back({std::move(request), std::move(done)});
  }
  wake_.notify_one();
  return true;
}

void Trials::run() {
  for (;;) {
    Asked asked;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      asked = std::move(queue_.front());
      queue_.pop_front();
    }
    asked.done(hold(asked.request));
  }
}

TrialOutcome Trials::hold(const TrialRequest& request) const {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return {Kind::kNotTried, fmt::format("no socket can be made: {}", std::strerror(errno))};
  }
  Descriptor others(ends[1]);
  const auto pid = spawn(options_.program, others.get());
  if (pid < 0) {
    ::close(ends[0]);
    return {Kind::kNotTried, fmt::format("no process can be started: {}", std::strerror(errno))};
  }
  others = Descriptor();
  Child child(pid, ends[0], stop_pipe_[0], trial::encode(request));
  if (child.listen(trial::kBegun, in_ms(options_.start_ms)) != Heard::kWord) {
    return {Kind::kNotTried, fmt::format("its process did not begin: {}", child.said())};
  }
  switch (child.listen(trial::kOk, in_ms(options_.deadline_ms))) {
    case Heard::kStopped:
      return {Kind::kNotTried, "this process is ending"};
    case Heard::kLate:
      return {Kind::kFailed, fmt::format("it was not done after {} ms", options_.deadline_ms)};
    case Heard::kWord:
    case Heard::kEnd:
      break;
  }
  return outcome_of(child);
}

}  // namespace sportapp::quarantine
