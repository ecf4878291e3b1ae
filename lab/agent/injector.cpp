#include "lab/agent/injector.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lab/agent/control_group.hpp"
#include "lab/agent/task.hpp"

namespace sportapp::lab {
namespace {

constexpr int kCommandMs = 30'000;
constexpr int kCrowdMax = 128;

// A session of its own, since where the kernel shares time between sessions, all in one would count as one.
[[noreturn]] void compute(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  ::setsid();
  for (volatile unsigned number = 0;;) number = number + 1;
}

// The process and what it started: NGINX's workers do its work. True when it was there.
bool signal_all_of(const process::ProcessId& id, int signal) {
  if (!process::is_alive(id)) return false;
  if (::getpgid(id.pid) == id.pid && ::kill(-id.pid, signal) == 0) return true;
  return process::signal_process(id, signal);
}

}  // namespace

Injector::~Injector() {
  while (!crowds_.empty()) disperse(crowds_.begin()->first);
}

Result<void> Injector::inject(int number, const Injection& injection) {
  if (const auto* frozen = std::get_if<Frozen>(&injection)) {
    if (signal_all_of(frozen->id, SIGSTOP)) return {};
    return Error{Retry::kLater, fmt::format("{} (pid {}) has ended", frozen->name, frozen->id.pid)};
  }
  if (const auto* throttled = std::get_if<Throttled>(&injection)) return throttle(*throttled);
  if (const auto* crowded = std::get_if<CpuLoad>(&injection)) return crowd(number, *crowded);
  if (const auto* broken = std::get_if<DiskInjection>(&injection)) {
    return trouble_disk(broken->table, broken->folder, broken->trouble);
  }
  if (const auto* link = std::get_if<LinkInjection>(&injection)) {
    if (proxy_ != nullptr) return proxy_->treat(link->port, link->direction, link->rule);
    return Error{Retry::kNever, "there are no links"};
  }
  return {};  // UndoCommand
}

Result<void> Injector::heal(int number, const Injection& injection) {
  if (const auto* frozen = std::get_if<Frozen>(&injection)) {
    signal_all_of(frozen->id, SIGCONT);  // one that is gone needs it no more
    return {};
  }
  if (const auto* throttled = std::get_if<Throttled>(&injection)) return unthrottle(*throttled);
  if (const auto* broken = std::get_if<DiskInjection>(&injection)) {
    std::error_code error;
    if (!std::filesystem::exists(broken->table, error)) return {};
    return heal_disk(broken->table, broken->folder, broken->trouble);
  }
  if (const auto* link = std::get_if<LinkInjection>(&injection)) {
    return proxy_ == nullptr ? Result<void>() : proxy_->treat(link->port, link->direction, {});
  }
  if (const auto* noted = std::get_if<UndoCommand>(&injection)) {
    return noted->heal.empty() ? Result<void>() : run_task({"sh", "-c", noted->heal}, log_, kCommandMs);
  }
  disperse(number);
  return {};
}

Result<void> Injector::crowd(int number, const CpuLoad& crowded) {
  const int wanted = std::min(crowded.processes, kCrowdMax);
  const pid_t parent = ::getpid();
  auto& pids = crowds_[number];
  while (static_cast<int>(pids.size()) < wanted) {
    const pid_t pid = ::fork();
    if (pid == 0) compute(parent);
    if (pid < 0) {
      const std::string why = std::strerror(errno);
      disperse(number);
      return Error{Retry::kLater, "cannot start a process that computes: " + why};
    }
    pids.push_back(pid);
  }
  return {};
}

void Injector::disperse(int number) {
  const auto found = crowds_.find(number);
  if (found == crowds_.end()) return;
  for (const pid_t pid : found->second) ::kill(pid, SIGKILL);
  for (const pid_t pid : found->second) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  crowds_.erase(found);
}

}  // namespace sportapp::lab
