// The loop of a simulated process, and time as it sees it.
#pragma once
#include <map>
#include <utility>

#include "base/clock.hpp"
#include "base/loop.hpp"
#include "sim/process.hpp"

namespace sportapp::simulator {

class SimLoop final : public Loop {
 public:
  // `hop`: what it takes from thread to thread.
  SimLoop(Process& process, Us hop) : process_(process), hop_(hop) {}
  void post(Task task) override { process_.after(hop_, std::move(task)); }
  TimerId after(std::int64_t delay_ms, Task task) override {
    timers_.emplace(++last_, std::move(task));
    process_.after(delay_ms * kMs, [this, id = last_] {
      const auto timer = timers_.extract(id);
      if (timer) timer.mapped()();
    });
    return last_;
  }
  void cancel(TimerId timer) override { timers_.erase(timer); }

 private:
  Process& process_;
  const Us hop_;
  std::map<TimerId, Task> timers_;
  TimerId last_ = 0;
};

class LoopClock final : public Clock {
 public:
  explicit LoopClock(const Timeline& timeline) : timeline_(timeline) {}
  [[nodiscard]] std::int64_t wall_ms() const override { return timeline_.now_ms(); }
  [[nodiscard]] std::int64_t monotonic_ms() const override { return timeline_.now_ms(); }

 private:
  const Timeline& timeline_;
};

}  // namespace sportapp::simulator
