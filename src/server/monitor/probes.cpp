#include "server/monitor/probes.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "ha/watch/silence.hpp"
#include "server/monitor/probe.hpp"

namespace sportapp::monitor {
namespace {

struct Asked {
  Probe probe;
  watch::Silence silence;
  std::int64_t kill_again_ms = 0;
  std::string said;  // its trouble, as the log has it
};

bool is_commands(const Target& target) {
  return target.kind == Kind::kService && target.side == "commands";
}

}  // namespace

struct Probes::Impl {
  Impl(std::vector<Target> targets, int suspicion_ms, Hooks given) : hooks(std::move(given)) {
    for (const auto& target : targets) {
      const int every_ms = is_commands(target) ? kCommandsEveryMs : kEveryMs;
      asked.push_back({Probe(target, every_ms), watch::Silence(suspicion_ms), 0, {}});
    }
    thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  void run(const std::stop_token& stop) {
    auto due_ms = clock.monotonic_ms();
    while (!stop.stop_requested()) {
      wait();
      const auto now_ms = clock.monotonic_ms();
      const auto late_ms = std::max<std::int64_t>(0, now_ms - due_ms - kEveryMs);
      due_ms = now_ms;
      for (auto& one : asked) step(one, now_ms, late_ms);
      show();
    }
  }

  void wait() const {
    auto next_ms = clock.monotonic_ms() + kEveryMs;
    std::vector<pollfd> waited;
    for (const auto& one : asked) {
      waited.push_back(one.probe.waited_for());
      if (one.probe.owes_ms(next_ms) == 0) next_ms = std::min(next_ms, one.probe.next_ms());
    }
    const auto left = std::clamp<std::int64_t>(next_ms - clock.monotonic_ms(), 1, kEveryMs);
    ::poll(waited.data(), waited.size(), static_cast<int>(left));
  }

  void step(Asked& one, std::int64_t now_ms, std::int64_t late_ms) const {
    const bool owed = one.probe.owes_ms(now_ms) > 0;
    one.probe.step(now_ms);
    if (one.probe.owes_ms(now_ms) == 0) {
      if (owed) one.silence.heard(now_ms);
      return;
    }
    if (!owed) return one.silence.begin(now_ms);
    if (late_ms > 0) one.silence.woke_late(late_ms);
    look_whether_it_hangs(one, now_ms);
  }

  void look_whether_it_hangs(Asked& one, std::int64_t now_ms) const {
    if (!one.silence.suspicious(now_ms) || now_ms < one.kill_again_ms) return;
    const auto& target = one.probe.target();
    const auto silent_ms = one.silence.silent_ms(now_ms);
    const auto hang_ms = (is_commands(target) ? kCommandsHangMs : kHangMs) * hooks.patience(target.name);
    if (silent_ms < hang_ms && !hooks.is_halted(target.name)) return;
    one.kill_again_ms = now_ms + kKillAgainMs;
    hooks.kill(target.name, fmt::format("no answer for {} ms", silent_ms));
  }

  void show() {
    const auto now_ms = clock.monotonic_ms();
    const std::lock_guard lock(mutex);
    watched.clear();
    for (auto& one : asked) {
      const auto& target = one.probe.target();
      const auto silent_ms = one.probe.owes_ms(now_ms) == 0 ? 0 : one.silence.silent_ms(now_ms);
      auto trouble = silent_ms > kTroubleMs ? "no answer" : one.probe.trouble();
      if (one.said.empty() != trouble.empty()) {
        spdlog::info("{} is {}", target.name, trouble.empty() ? "ready" : "not ready: " + trouble);
      }
      one.said = trouble;
      if (target.kind != Kind::kService) continue;
      watched.push_back({target.name, target.service, target.side, std::move(trouble), target.node});
    }
  }

  const SystemClock clock;
  const Hooks hooks;
  std::vector<Asked> asked;  // the thread's own

  mutable std::mutex mutex;
  std::vector<Watched> watched;

  std::jthread thread;  // last: it uses the others
};

Probes::Probes(std::vector<Target> targets, int suspicion_ms, Hooks hooks)
    : impl_(std::make_unique<Impl>(std::move(targets), suspicion_ms, std::move(hooks))) {}
Probes::~Probes() = default;

std::vector<Watched> Probes::now() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->watched;
}

}  // namespace sportapp::monitor
