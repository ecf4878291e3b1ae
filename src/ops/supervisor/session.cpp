#include "ops/supervisor/session.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "base/exit_status.hpp"
#include "base/process/process_id.hpp"
#include "ops/instance/configuration.hpp"
#include "ops/instance/ports.hpp"
#include "ops/supervisor/say.hpp"
#include "server/service/log.hpp"

namespace sportapp::supervisor {
namespace {

using instance::ProcessState;

constexpr int kPollMs = 100;
constexpr int kLogsEveryMs = 5000;
constexpr int kGatewayStage = 0;

instance::Instance first_record(const Session::Start& start, const Clock& clock) {
  instance::Instance instance;
  instance.supervisor = process::identify(::getpid()).value_or(process::ProcessId{::getpid(), 0});
  instance.host = instance::reachable(start.settings.gateway.host);
  instance.port = start.settings.gateway.port;
  instance.data = start.layout.data;
  instance.key_file = instance::key_file(start.layout, start.settings);
  instance.started_ms = clock.wall_ms();
  for (const auto& member : start.members) {
    instance.processes.push_back(instance::process_of(member));
  }
  return instance;
}

void log_change(const Supervisor::View& view) {
  switch (view.state) {
    case ProcessState::kStarting:
    case ProcessState::kRunning:
      spdlog::info("process {} name={} pid={} port={} restarts={}", to_string(view.state), view.name,
                   view.id.pid, view.port, view.restarts);
      break;
    case ProcessState::kRestarting:
      spdlog::warn("process ended name={} cause={} restart_in_ms={}", view.name,
                   service::log_value(view.last_end), view.delay_ms);
      break;
    case ProcessState::kStopping:
    case ProcessState::kStopped:
      spdlog::info("process {} name={} pid={} cause={}", to_string(view.state), view.name, view.id.pid,
                   service::log_value(view.last_end));
      break;
  }
}

}  // namespace

Session::Session(Start start, Detach& detach, const Clock& clock)
    : start_(std::move(start)),
      detach_(detach),
      clock_(clock),
      instance_(first_record(start_, clock)),
      started_ms_(clock.monotonic_ms()),
      shown_ms_(started_ms_) {
  keep_logs();
  const auto& tactics = start_.settings.tactics;
  supervisor_ = std::make_unique<Supervisor>(
      start_.plans, clock_, [this](const auto& view) { changed(view); },
      RestartRule{tactics.restart, tactics.restart_after_ms});
}

int Session::run() {
  open_control();
  supervisor_->start();
  while (!supervisor_->stopped()) {
    int wait_ms = supervisor_->tick();
    if (dirty_) write_instance();
    if ((!ready_ && !stopping_) || equalizing_) wait_ms = std::min(wait_ms, kPollMs);
    for (const int signal :
         signals_.wait(wait_ms, control_ ? control_->waited_for() : std::vector<pollfd>())) {
      handle(signal);
    }
    if (control_) control_->serve();
    look_after_monitor();
    if (!ready_ && !stopping_) look_whether_ready();
    if (equalizing_) look_whether_equal();
    if (clock_.monotonic_ms() - logs_checked_ms_ >= kLogsEveryMs) {
      log_keeper_.check();
      look_after_record();
      logs_checked_ms_ = clock_.monotonic_ms();
    }
  }
  std::error_code ignored;  // a record that stays is known to be old by its pid and start time
  std::filesystem::remove(start_.layout.instance_file(), ignored);
  spdlog::info("stopped exit_status={}", exit_status_);
  if (console_) say("SportApp is stopped.\n");
  return exit_status_;
}

// Without it the instance serves all the same; what hangs is not killed then, and nothing can be stopped
// alone.
void Session::open_control() {
  auto opened = ControlSocket::open(start_.layout.control_socket(), clock_,
                                    [this](const ControlRequest& request) { return do_as_asked(request); });
  if (opened) {
    control_ = std::move(*opened);
  } else {
    spdlog::error("no control socket cause={}", service::log_value(opened.error().what));
  }
}

Result<void> Session::do_as_asked(const ControlRequest& request) {
  if (request.what == "alive") {
    if (request.name == "monitor") monitor_pulse_.beat(request.pid);
    return {};
  }
  spdlog::info("asked to {} name={} pid={} by={} why={}", request.what, request.name, request.pid,
               service::log_value(request.by), service::log_value(request.why));
  if (request.what == "kill") return supervisor_->kill_one(request.name, request.pid);
  if (request.what == "stop") return supervisor_->stop_one(request.name, request.by);
  if (request.what == "start") return supervisor_->start_one(request.name);
  if (request.what == "restart") return supervisor_->restart_one(request.name);
  return Error{Retry::kNever,
               fmt::format("'{}' cannot be done; kill, stop, start and restart can", request.what)};
}

// It has the others killed that hang; nobody else would notice that it does.
void Session::look_after_monitor() {
  const auto pid = view_of("monitor").id.pid;
  const auto is_halted = [pid] { return process::is_halted(pid); };
  if (!monitor_pulse_.is_missed(pid, clock_.monotonic_ms(), is_halted) || stopping_) return;
  spdlog::warn("the monitor hangs and is killed pid={}", pid);
  if (const auto killed = supervisor_->kill_one("monitor", pid); !killed) {
    spdlog::error("the monitor cannot be killed cause={}", service::log_value(killed.error().what));
  }
}

void Session::changed(const Supervisor::View& view) {
  dirty_ = true;
  log_change(view);
  for (auto& process : instance_.processes) {
    if (process.name != view.name) continue;
    process.state = view.state;
    process.id = view.id;
    process.restarts = view.restarts;
    process.last_end = view.last_end;
    process.stopped_by = view.stopped_by;
    process.stopped_ms = view.stopped_ms;
  }
  if (!console_) return;
  if (view.state == ProcessState::kRestarting) {
    say("  {:<20} {}; started again in {} ms\n", view.name, view.last_end, view.delay_ms);
  } else if (view.state == ProcessState::kRunning && (!ready_ || view.restarts > 0)) {
    say("  {:<20} runs (pid {}, port {})\n", view.name, view.id.pid, view.port);
  } else if (view.state == ProcessState::kStopped) {
    say("  {:<20} {}{}\n", view.name, view.last_end.empty() ? "stopped" : view.last_end,
        view.stopped_by.empty() ? "" : "; stopped by " + view.stopped_by);
  }
}

void Session::handle(int signal) {
  if (signal == SIGCHLD) return;  // tick() looks
  spdlog::info("asked to end signal={} again={}", signal, stopping_);
  if (stopping_) {
    if (console_) say("Asked again: killing what is left.\n");
    equalizing_ = false;
    supervisor_->kill();
    return;
  }
  stopping_ = true;
  if (console_) say("\nStopping; requests under way are answered first (Ctrl-C again: at once).\n");
  equalizing_ = ready_;
  if (!ready_) exit_status_ = kExitFailed;
  // Nothing new may come while the nodes become equal.
  ready_ ? supervisor_->stop(kGatewayStage) : supervisor_->stop();
}

// The monitor ends before the nodes, so that the record stays as it is now: it shall name all of them.
void Session::look_whether_equal() {
  if (view_of("gateway").id.pid != 0) return;
  const bool has_monitor = view_of("monitor").id.pid != 0;
  const auto view = has_monitor ? ask_failover(instance_) : Error{Retry::kNever, "the monitor does not run"};
  const auto now = clock_.monotonic_ms();
  if (has_monitor && !(view ? equal_nodes_.look(*view, now) : equal_nodes_.look_without_view(now))) return;
  equalizing_ = false;
  instance_.notes = equal_nodes_.behind();
  if (!view) instance_.notes.push_back("whether the nodes are equal is not known: " + view.error().what);
  for (const auto& note : instance_.notes) {
    spdlog::warn("ends although nodes differ note={}", service::log_value(note));
    if (console_) say("  {}\n", note);
  }
  write_instance();
  supervisor_->stop();
}

void Session::keep_logs() {
  const auto& layout = start_.layout;
  const auto reopen = [this] {
    const auto gateway = view_of("gateway");
    if (gateway.id.pid != 0) process::signal_process(gateway.id, SIGUSR1);
  };
  log_keeper_.keep(layout.log("redis"));  // reopened for each line
  log_keeper_.keep(layout.log("gateway"), reopen);
  log_keeper_.keep(layout.gateway_access_log(), reopen);
  for (const auto& member : start_.members) log_keeper_.keep_short(layout.stderr_log(member.name));
}

void Session::write_instance() {
  dirty_ = false;
  const auto written = instance::write_instance_file(start_.layout.instance_file(), instance_);
  // The processes go on without; `status` shows an older state until the next change.
  if (!written) spdlog::error("record not written cause={}", service::log_value(written.error().what));
}

// A cleaner of old files may take what finds a running instance again.
void Session::look_after_record() {
  const auto& layout = start_.layout;
  if (!instance::read_instance_file(layout.instance_file())) {
    spdlog::warn("the record of the running instance is gone or damaged; it is rewritten");
    std::error_code ignored;  // then it cannot be written either, which is told
    std::filesystem::create_directories(layout.run(), ignored);
    dirty_ = true;
  }
  std::error_code unknown;
  if (!control_ || std::filesystem::is_socket(layout.control_socket(), unknown)) return;
  spdlog::warn("the control socket is gone; it is recreated");
  control_.reset();
  open_control();
}

Supervisor::View Session::view_of(const std::string& name) const {
  for (auto& view : supervisor_->views()) {
    if (view.name == name) return view;
  }
  return {};
}

}  // namespace sportapp::supervisor
