#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "base/loop.hpp"

namespace sportapp::testing {

// The calling thread is the loop, as long as it is in run_until. Timers go off when the test says so.
class HandLoop final : public Loop {
 public:
  void post(Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.notify_one();
  }
  TimerId after(std::int64_t, Task task) override {
    timers_[++last_timer_] = std::move(task);
    return last_timer_;
  }
  void cancel(TimerId timer) override { timers_.erase(timer); }

  // Generous: what is waited for takes milliseconds, but the machine may be busy.
  [[nodiscard]] bool run_until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
      Task task;
      {
        std::unique_lock lock(mutex_);
        posted_.wait_for(lock, std::chrono::milliseconds(5), [this] { return !tasks_.empty(); });
        if (tasks_.empty() && std::chrono::steady_clock::now() > end) return false;
        if (tasks_.empty()) continue;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
    return true;
  }
  void let_time_pass() {
    for (auto due = std::exchange(timers_, {}); const auto& [timer, task] : due) task();
  }
  [[nodiscard]] std::size_t timers() const { return timers_.size(); }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
  std::map<TimerId, Task> timers_;
  TimerId last_timer_ = 0;
};

}  // namespace sportapp::testing
