#include "lab/healer/treater.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lab/healer/control_group.hpp"
#include "lab/healer/task.hpp"

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

Treater::~Treater() {
  while (!crowds_.empty()) disperse(crowds_.begin()->first);
}

Result<void> Treater::inflict(int number, const Injury& injury) {
  if (const auto* frozen = std::get_if<Frozen>(&injury)) {
    if (signal_all_of(frozen->id, SIGSTOP)) return {};
    return Error{Retry::kLater, fmt::format("{} (pid {}) has ended", frozen->name, frozen->id.pid)};
  }
  if (const auto* throttled = std::get_if<Throttled>(&injury)) return throttle(*throttled);
  if (const auto* crowded = std::get_if<Crowded>(&injury)) return crowd(number, *crowded);
  if (const auto* spoilt = std::get_if<DiskSpoilt>(&injury)) {
    return trouble_disk(spoilt->table, spoilt->folder, spoilt->trouble);
  }
  if (const auto* way = std::get_if<WaySpoilt>(&injury)) {
    if (ways_ != nullptr) return ways_->treat(way->port, way->direction, way->treatment);
    return Error{Retry::kNever, "there are no ways"};
  }
  return {};  // Noted
}

Result<void> Treater::heal(int number, const Injury& injury) {
  if (const auto* frozen = std::get_if<Frozen>(&injury)) {
    signal_all_of(frozen->id, SIGCONT);  // one that is gone needs it no more
    return {};
  }
  if (const auto* throttled = std::get_if<Throttled>(&injury)) return unthrottle(*throttled);
  if (const auto* spoilt = std::get_if<DiskSpoilt>(&injury)) {
    std::error_code error;
    if (!std::filesystem::exists(spoilt->table, error)) return {};
    return heal_disk(spoilt->table, spoilt->folder, spoilt->trouble);
  }
  if (const auto* way = std::get_if<WaySpoilt>(&injury)) {
    return ways_ == nullptr ? Result<void>() : ways_->treat(way->port, way->direction, {});
  }
  if (const auto* noted = std::get_if<Noted>(&injury)) {
    return noted->heal.empty() ? Result<void>() : run_task({"sh", "-c", noted->heal}, log_, kCommandMs);
  }
  disperse(number);
  return {};
}

Result<void> Treater::crowd(int number, const Crowded& crowded) {
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

void Treater::disperse(int number) {
  const auto found = crowds_.find(number);
  if (found == crowds_.end()) return;
  for (const pid_t pid : found->second) ::kill(pid, SIGKILL);
  for (const pid_t pid : found->second) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  crowds_.erase(found);
}

}  // namespace sportapp::lab
