#include "ops/cli/rolling_restart.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace sportapp::cli {
namespace {

using instance::InstanceProcess;
using supervisor::ServiceView;

constexpr int kSettledMs = 60'000;

class RollingRestart {
 public:
  explicit RollingRestart(const RunningInstance& instance) : instance_(instance) {}

  Result<void> run() {
    for (const auto& process : instance_.seen().processes) {
      if (process.side != "commands" || is_done(process.service)) continue;
      done_.push_back(process.service);
      if (auto restarted = commands(process.service); !restarted) return restarted;
    }
    for (const auto& process : instance_.seen().processes) {
      if (process.side != "queries" && process.name != "monitor" && process.name != "redis") continue;
      if (auto restarted = one(process.name); !restarted) return restarted;
    }
    // Even a reload of NGINX resets kept connections on which the next request is just arriving.
    say("gateway",
        "left as it is; a new NGINX takes effect, and resets connections, with: sportapp restart gateway");
    return {};
  }

 private:
  [[nodiscard]] bool is_done(const std::string& what) const {
    return std::find(done_.begin(), done_.end(), what) != done_.end();
  }
  static void say(const std::string& name, const std::string& what) {
    fmt::print("  {:<20} {}\n", name, what);
    std::fflush(stdout);
  }

  Result<void> one(const std::string& name) {
    const auto now = instance_.process(name);
    if (!now) return now.error();
    if (!now->stopped_by.empty()) {
      say(name, "left as it is: stopped by " + now->stopped_by);
      return {};
    }
    const auto since = clock_.monotonic_ms();
    auto restarted = instance_.restart_and_wait(name);
    if (!restarted) {
      return Error{Retry::kLater,
                   fmt::format("{} did not come back: {}; nothing else was restarted, the rest serves", name,
                               restarted.error().what)};
    }
    say(name, fmt::format("restarted, ready after {:.1f} s",
                          static_cast<double>(clock_.monotonic_ms() - since) / 1000));
    return restarted;
  }

  // Every node once, never the one that is primary while another could be.
  Result<void> commands(const std::string& service) {
    std::vector<InstanceProcess> left;
    for (const auto& process : instance_.seen().processes) {
      if (process.service == service && process.side == "commands") left.push_back(process);
    }
    if (left.size() == 1) return one(left.front().name);
    while (!left.empty()) {
      const auto view = settled(service);
      if (!view) return view.error();
      auto next = std::find_if(left.begin(), left.end(),
                               [&](const auto& node) { return node.node != view->primary; });
      if (next == left.end()) {
        if (auto handed = hand_over(*view); !handed) return handed;
        continue;
      }
      if (auto restarted = one(next->name); !restarted) return restarted;
      left.erase(next);
    }
    return {};
  }

  // No node is restarted while another is missing: commands then hang on one.
  [[nodiscard]] Result<ServiceView> settled(const std::string& service) const {
    Result<ServiceView> view = Error{Retry::kLater, "not asked yet"};
    const auto waited = RunningInstance::wait(kSettledMs, [&]() -> std::string {
      view = instance_.service(service);
      if (!view) return view.error().what;
      if (!view->serving || !view->switchover.empty()) return service + " has no primary just now";
      return has_spare(*view) ? "" : service + " has no spare in sync";
    });
    return waited ? view : Result<ServiceView>(waited.error());
  }

  // A node that has just been started again is in the record until a commit has waited for it in vain.
  static bool has_spare(const ServiceView& view) {
    return std::any_of(view.nodes.begin(), view.nodes.end(), [&](const supervisor::NodeView& node) {
      return node.node != view.primary && node.alive && node.role == "spare" && view.has_in_sync(node.node);
    });
  }

  Result<void> hand_over(const ServiceView& view) {
    const auto since = clock_.monotonic_ms();
    auto done = instance_.switch_over(view.service, {});
    if (!done)
      return Error{Retry::kLater, fmt::format("{} did not hand over: {}", view.service, done.error().what)};
    say(view.service, fmt::format("another node is primary after {} ms", clock_.monotonic_ms() - since));
    return done;
  }

  const RunningInstance& instance_;
  const SystemClock clock_;
  std::vector<std::string> done_;  // services
};

}  // namespace

Result<void> rolling_restart(const RunningInstance& instance) {
  const SystemClock clock;
  const auto since = clock.monotonic_ms();
  auto done = RollingRestart(instance).run();
  if (done)
    fmt::print("Everything was restarted in {:.1f} s.\n",
               static_cast<double>(clock.monotonic_ms() - since) / 1000);
  return done;
}

}  // namespace sportapp::cli
