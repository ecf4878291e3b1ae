#include "ops/supervisor/supervisor.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "ops/instance/ports.hpp"

namespace sportapp::supervisor {
namespace {

using instance::ProcessState;

constexpr int kBusyPollMs = 20;  // while something is on its way
constexpr int kIdleMs = 1000;    // while nothing is

bool has_process(const Supervisor::View& view) {
  return view.id.pid != 0;
}

}  // namespace

Supervisor::Supervisor(std::vector<ProcessPlan> plans, const Clock& clock, OnChange on_change,
                       RestartRule rule)
    : clock_(clock), rule_(rule), on_change_(std::move(on_change)) {
  // Grandchildren whose parent died come to us, so that none escapes.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (auto& plan : plans) {
    Child child;
    child.view.name = plan.name;
    child.view.port = plan.port;
    child.plan = std::move(plan);
    children_.push_back(std::move(child));
  }
}

Supervisor::~Supervisor() {
  on_change_ = [](const View&) {};
  kill();
  while (!stopped()) {
    ::usleep(kBusyPollMs * 1000);
    tick();
  }
}

void Supervisor::start() {
  for (auto& child : children_) start(child);
}

int Supervisor::tick() {
  reap();
  for (auto& child : children_) advance(child);
  if (stopping_) stop_next_stage();
  if (stopped()) return 0;
  int wanted = kIdleMs;
  for (const auto& child : children_) wanted = std::min(wanted, wanted_ms(child));
  return wanted;
}

void Supervisor::stop(int last_stage) {
  stopping_ = true;
  last_stage_ = last_stage;
  for (auto& child : children_) {
    if (!has_process(child.view)) set_state(child, ProcessState::kStopped);
  }
  stop_next_stage();
}

void Supervisor::kill() {
  stopping_ = true;
  for (auto& child : children_) {
    if (child.group != 0) ::kill(-child.group, SIGKILL);
    set_state(child, has_process(child.view) ? ProcessState::kStopping : ProcessState::kStopped);
    child.due_ms = clock_.monotonic_ms();
  }
}

Result<Supervisor::Child*> Supervisor::asked(const std::string& name) {
  if (stopping_) return Error{Retry::kNever, "the instance is about to end"};
  std::string names;
  for (auto& child : children_) {
    if (child.view.name == name) return &child;
    names += (names.empty() ? "" : ", ") + child.view.name;
  }
  return Error{Retry::kNever, fmt::format("unknown process '{}'; known: {}", name, names)};
}

Result<void> Supervisor::kill_one(const std::string& name, pid_t pid) {
  const auto child = asked(name);
  if (!child) return child.error();
  const auto now = (*child)->view.id.pid;
  if (pid <= 0 || now != pid) {
    return Error{Retry::kNever, fmt::format("{} is no longer process {}; it is {}", name, pid, now)};
  }
  ::kill(pid, SIGKILL);  // ours, and not waited for yet: the pid cannot be another's
  return {};
}

Result<void> Supervisor::stop_one(const std::string& name, const std::string& by) {
  const auto child = asked(name);
  if (!child) return child.error();
  auto& view = (*child)->view;
  if (!view.stopped_by.empty()) {
    return Error{Retry::kNever, fmt::format("{} is stopped already, by {}", name, view.stopped_by)};
  }
  view.stopped_by = by;
  view.stopped_ms = clock_.wall_ms();
  if (view.state == ProcessState::kStopping) {
    on_change_(view);
  } else if (has_process(view)) {
    stop_child(**child);
  } else {
    set_state(**child, ProcessState::kStopped);
  }
  return {};
}

Result<void> Supervisor::start_one(const std::string& name) {
  const auto child = asked(name);
  if (!child) return child.error();
  const auto& view = (*child)->view;
  if (view.stopped_by.empty() && view.state != ProcessState::kStopped) {
    return Error{Retry::kNever, fmt::format("{} is not stopped: it is {}", name, to_string(view.state))};
  }
  start_now(**child);
  return {};
}

Result<void> Supervisor::restart_one(const std::string& name) {
  const auto child = asked(name);
  if (!child) return child.error();
  const auto state = (*child)->view.state;
  if (state == ProcessState::kRunning || state == ProcessState::kStarting) {
    stop_child(**child);
  } else {
    start_now(**child);
  }
  return {};
}

// One that is just ending is started once it has ended.
void Supervisor::start_now(Child& child) {
  child.view.stopped_by.clear();
  child.view.stopped_ms = 0;
  if (has_process(child.view)) return on_change_(child.view);
  child.view.delay_ms = 0;
  child.due_ms = clock_.monotonic_ms();
  set_state(child, ProcessState::kRestarting);
}

bool Supervisor::stopped() const {
  return stopping_ && std::all_of(children_.begin(), children_.end(), [](const Child& child) {
           return child.view.state == ProcessState::kStopped && child.group == 0;
         });
}

std::vector<Supervisor::View> Supervisor::views() const {
  std::vector<View> views;
  for (const auto& child : children_) views.push_back(child.view);
  return views;
}

void Supervisor::reap() {
  int status = 0;
  for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
    const auto found = std::find_if(children_.begin(), children_.end(),
                                    [&](const Child& child) { return child.view.id.pid == pid; });
    if (found != children_.end()) ended(*found, status);
  }
}

void Supervisor::ended(Child& child, int wait_status) {
  // What it started must not outlive it: a worker left behind would keep the port.
  ::kill(-child.group, SIGKILL);
  child.view.id = {};
  const bool on_purpose = child.view.state == ProcessState::kStopping;
  if (stopping_ || !child.view.stopped_by.empty()) {
    child.view.last_end = process::describe_end(wait_status);
    return set_state(child, ProcessState::kStopped);
  }
  if (on_purpose) {
    child.view.last_end = process::describe_end(wait_status);
    return start_now(child);
  }
  const bool ran = child.view.state == ProcessState::kRunning;
  child.view.quick_ends = ran ? 0 : child.view.quick_ends + 1;
  start_later(child, process::describe_end(wait_status), clock_.monotonic_ms() - child.started_ms);
}

void Supervisor::start(Child& child) {
  const auto pid = process::launch(child.plan.launch);
  if (!pid) {
    ++child.view.quick_ends;
    return start_later(child, pid.error().what, 0);
  }
  child.group = *pid;
  // A child that ended already is a zombie, which has no identity; its pid is enough to reap it.
  child.view.id = process::identify(*pid).value_or(process::ProcessId{*pid, 0});
  child.started_ms = clock_.monotonic_ms();
  const bool listens = child.plan.port != 0 || instance::is_local_socket(child.plan.host);
  set_state(child, listens ? ProcessState::kStarting : ProcessState::kRunning);
}

void Supervisor::start_later(Child& child, const std::string& why, std::int64_t lived_ms) {
  child.view.last_end = why;
  if (!rule_.restart) return set_state(child, ProcessState::kStopped);
  child.view.delay_ms =
      std::max({child.delay.next_ms(lived_ms), rule_.after_ms, child.plan.restart_after_ms});
  child.due_ms = clock_.monotonic_ms() + child.view.delay_ms;
  set_state(child, ProcessState::kRestarting);
}

void Supervisor::advance(Child& child) {
  if (!has_process(child.view) && child.group != 0 && !process::group_exists(child.group)) child.group = 0;
  const auto now = clock_.monotonic_ms();
  switch (child.view.state) {
    case ProcessState::kStarting:
      if (instance::listens(child.plan.host, child.plan.port)) set_state(child, ProcessState::kRunning);
      break;
    case ProcessState::kRestarting:
      if (now < child.due_ms || child.group != 0) break;
      ++child.view.restarts;
      start(child);
      break;
    case ProcessState::kStopping:
      if (now >= child.due_ms && child.group != 0) ::kill(-child.group, SIGKILL);
      break;
    case ProcessState::kRunning:
    case ProcessState::kStopped:
      break;
  }
}

void Supervisor::stop_child(Child& child) {
  ::kill(child.view.id.pid, child.plan.stop_signal);
  child.due_ms = clock_.monotonic_ms() + child.plan.stop_ms;
  set_state(child, ProcessState::kStopping);
}

void Supervisor::stop_next_stage() {
  int stage = INT32_MAX;
  for (const auto& child : children_) {
    if (has_process(child.view)) stage = std::min(stage, child.plan.stop_stage);
  }
  if (stage > last_stage_) return;
  for (auto& child : children_) {
    if (!has_process(child.view) || child.plan.stop_stage != stage) continue;
    if (child.view.state != ProcessState::kStopping) stop_child(child);
  }
}

void Supervisor::set_state(Child& child, ProcessState state) {
  if (child.view.state == state) return;
  child.view.state = state;
  child.view.state_since_ms = clock_.monotonic_ms();
  on_change_(child.view);
}

int Supervisor::wanted_ms(const Child& child) const {
  switch (child.view.state) {
    case ProcessState::kStarting:
    case ProcessState::kStopping:
      return kBusyPollMs;
    case ProcessState::kRestarting: {
      const auto left = child.due_ms - clock_.monotonic_ms();
      return static_cast<int>(std::clamp<std::int64_t>(left, 5, kIdleMs));
    }
    case ProcessState::kRunning:
    case ProcessState::kStopped:
      break;
  }
  return child.group != 0 && !has_process(child.view) ? kBusyPollMs : kIdleMs;
}

}  // namespace sportapp::supervisor
