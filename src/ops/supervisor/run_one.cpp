#include "ops/supervisor/run_one.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/cause.hpp"
#include "base/clock.hpp"
#include "base/exit_status.hpp"
#include "base/process/signals.hpp"
#include "ops/instance/cluster_key.hpp"
#include "ops/instance/configuration.hpp"
#include "ops/instance/data_folder.hpp"
#include "ops/instance/mending.hpp"
#include "ops/instance/metrics_token.hpp"
#include "ops/instance/placing.hpp"
#include "ops/supervisor/hang_rule.hpp"
#include "ops/supervisor/lock.hpp"
#include "ops/supervisor/log_keeper.hpp"
#include "ops/supervisor/plan.hpp"
#include "ops/supervisor/question.hpp"
#include "ops/supervisor/service_manager.hpp"
#include "ops/supervisor/supervisor.hpp"
#include "server/service/log.hpp"

namespace sportapp::supervisor {
namespace {

constexpr int kLookMs = 50;
constexpr int kAskEveryMs = 500;
constexpr int kTellEveryMs = 1000;

struct Place {
  instance::Layout layout;
  instance::Settings settings;
  instance::Member member;  // as this host reaches it
  ProcessPlan plan;
};

// The process, from its start until it was ended on purpose.
class OneProcess {
 public:
  OneProcess(Place place, const Clock& clock)
      : place_(std::move(place)),
        clock_(clock),
        supervisor_(
            {place_.plan}, clock_, [](const auto& view) { log_change(view); },
            RestartRule{place_.settings.tactics.restart, place_.settings.tactics.restart_after_ms}) {
    if (place_.member.kind != instance::Kind::kGateway) return;
    log_keeper_.keep(place_.layout.gateway_access_log(), [this] {
      if (const auto id = view().id; id.pid != 0) process::signal_process(id, SIGUSR1);
    });
  }

  int run() {
    supervisor_.start();
    while (!supervisor_.stopped()) {
      const int wait_ms = std::min(supervisor_.tick(), kLookMs);
      for (const int signal : signals_.wait(wait_ms)) handle(signal);
      if (!stopping_) look();
    }
    spdlog::info("stopped");
    return 0;
  }

 private:
  static void log_change(const Supervisor::View& view) {
    spdlog::info("process {} name={} pid={} port={} restarts={} cause={} restart_in_ms={}",
                 to_string(view.state), view.name, view.id.pid, view.port, view.restarts,
                 service::log_value(view.last_end), view.delay_ms);
  }

  void handle(int signal) {
    if (signal == SIGCHLD) return;  // tick() looks
    spdlog::info("asked to end signal={} again={}", signal, stopping_);
    tell_service_manager("STOPPING=1");
    stopping_ ? supervisor_.kill() : supervisor_.stop();
    stopping_ = true;
  }

  void look() {
    const auto now = clock_.monotonic_ms();
    const auto seen = view();
    const bool runs = seen.state == instance::ProcessState::kRunning;
    if (runs && place_.settings.tactics.detect_hangs) look_whether_it_hangs(seen.id.pid, now);
    if (now - told_ms_ < kTellEveryMs && (told_ready_ || !runs)) return;
    told_ms_ = now;
    // It stays ready for the manager while it is restarted here: that is ours to do.
    tell_service_manager(runs && !told_ready_ ? "READY=1\nWATCHDOG=1" : "WATCHDOG=1");
    told_ready_ = told_ready_ || runs;
    log_keeper_.check();
  }

  void look_whether_it_hangs(pid_t pid, std::int64_t now) {
    const bool halted = rule_.hangs_as_seen(pid, process::is_halted(pid));
    if (halted) return kill(pid, "it is stopped by a signal");
    if (now - asked_ms_ < kAskEveryMs) return;
    const auto answered = check_alive(place_.member, kAskMs);
    asked_ms_ = clock_.monotonic_ms();
    if (rule_.hangs_as_asked(pid, static_cast<bool>(answered), asked_ms_)) kill(pid, answered.error().what);
  }

  void kill(pid_t pid, const std::string& why) {
    spdlog::warn("it hangs and is killed name={} pid={} why={}", place_.member.name, pid,
                 service::log_value(why));
    if (const auto killed = supervisor_.kill_one(place_.member.name, pid); !killed) {
      spdlog::error("it cannot be killed cause={}", service::log_value(killed.error().what));
    }
  }

  [[nodiscard]] Supervisor::View view() const { return supervisor_.views().front(); }

  const Place place_;
  const Clock& clock_;
  process::Signals signals_;
  LogKeeper log_keeper_;
  HangRule rule_;
  bool stopping_ = false;
  bool told_ready_ = false;
  std::int64_t told_ms_ = 0;
  std::int64_t asked_ms_ = 0;
  Supervisor supervisor_;  // last: it tells the others what happens
};

int failed(const std::string& what, int exit_status = kExitFailed) {
  fmt::print(stderr, "sportapp: {}\n", what);
  return exit_status;
}

Result<instance::Member> named(const std::vector<instance::Member>& members, const std::string& name) {
  std::string names;
  for (const auto& member : members) {
    if (member.name == name) return member;
    names += (names.empty() ? "" : ", ") + member.name;
  }
  return Error{Retry::kNever, fmt::format("unknown process '{}'; known: {}", name, names)};
}

// Everything that must be in order before it starts.
Result<Place> prepare(const instance::Layout& layout, const instance::Settings& settings,
                      const std::vector<instance::Member>& members, const instance::Member& member) {
  if (auto made = instance::ensure_cluster_key(key_file(layout, settings)); !made) return made.error();
  if (auto token = instance::write_metrics_token(key_file(layout, settings), layout.metrics_token_file());
      !token) {
    return token.error();
  }
  if (auto written = instance::write_configuration(layout, settings, members, member); !written)
    return written.error();
  const auto here = instance::seen_from_here(member, settings);
  auto plans = make_plans(layout, settings, {here}, false);
  if (!plans) return plans.error();
  auto plan = std::move(plans->front());
  plan.launch.stderr_log.clear();
  if (member.kind == instance::Kind::kMonitor) {
    const auto instance = instance::placed_instance(layout, settings, members, SystemClock().wall_ms());
    if (auto written = instance::write_instance_file(layout.instance_file(), instance); !written)
      return written.error();
  }
  return Place{layout, settings, here, std::move(plan)};
}

// What only this process writes to.
std::filesystem::path own_folder(const instance::Layout& layout, const instance::Member& member) {
  const bool keeps_data = instance::is_service(member.kind) || member.kind == instance::Kind::kMonitor;
  return keeps_data ? layout.data / member.name : layout.working_folder(member.name);
}

Result<void> make_places(const instance::Layout& layout, const instance::Member& member) {
  if (auto made = instance::make_folders(layout); !made) return made;
  std::error_code failed;
  std::filesystem::create_directories(own_folder(layout, member), failed);
  if (!failed) return {};
  return Error{Retry::kLater,
               fmt::format("cannot make the folder {}: {}", own_folder(layout, member).string(),
                           cause_of(failed.value(), own_folder(layout, member)))};
}

int supervise(const instance::Layout& layout, const instance::Settings& settings,
              const std::vector<instance::Member>& members, const instance::Member& member) {
  const auto log = service::start_log("run." + member.name, {}, settings.services.log_level);
  if (!log) return failed(log.error().what);
  for (const auto& line : instance::make_private(layout))
    spdlog::warn("mended what={}", service::log_value(line));
  auto place = prepare(layout, settings, members, member);
  if (!place) return failed(place.error().what);
  const SystemClock clock;
  return OneProcess(std::move(*place), clock).run();
}

}  // namespace

int run_one(const RunOptions& options) {
  auto layout = instance::open_data_folder(options.data);
  if (!layout) return failed(layout.error().what);
  layout->foreground = true;
  const auto settings = instance::settings_of(*layout, options.settings_file);
  if (!settings) return failed(settings.error().what, kExitUsage);
  auto members = instance::placed_members(*settings);
  if (!members) return failed(members.error().what, kExitUsage);
  instance::place_redis(*layout, *members);
  const auto member = named(*members, options.name);
  if (!member) return failed(member.error().what, kExitUsage);
  // Together with the others on this data, but not with `sportapp up`, and each of them once.
  const auto together = InstanceLock::try_take(layout->data, InstanceLock::Kind::kShared);
  if (!together) return failed(together.error().what);
  if (*together) {
    if (const auto made = make_places(*layout, *member); !made) return failed(made.error().what);
  }
  const auto alone = *together ? InstanceLock::try_take(own_folder(*layout, *member))
                               : Result<std::optional<InstanceLock>>(std::nullopt);
  if (!alone) return failed(alone.error().what);
  if (!*together || !*alone) {
    return failed(fmt::format("{} runs already on {}{}", member->name, layout->data.string(),
                              *together ? "" : ", by sportapp up"),
                  kExitRunsAlready);
  }
  return supervise(*layout, *settings, *members, *member);
}

}  // namespace sportapp::supervisor
