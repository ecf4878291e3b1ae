#include "net/http/loop_timers.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace sportapp::http {

void run_guarded(const Loop::Task& task) {
  try {
    task();
  } catch (const std::exception& failure) {
    spdlog::error("defect: a task of the loop threw: {}", failure.what());
  }
}

Loop::TimerId LoopTimers::at(std::int64_t at_us, Loop::Task task) {
  const auto id = queue_.add(at_us, std::move(task));
  arm();
  return id;
}

Loop::TimerId LoopTimers::after(std::int64_t delay_ms, Loop::Task task) {
  return at(monotonic_us() + std::max<std::int64_t>(delay_ms, 0) * 1000, std::move(task));
}

void LoopTimers::arm() {
  const auto next_us = queue_.next_us();
  if (!next_us || (armed_us_ != 0 && armed_us_ <= *next_us)) return;
  armed_us_ = *next_us;
  timer_.expires_at(std::chrono::steady_clock::time_point(std::chrono::microseconds(armed_us_ + 1)));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) run_due();
  });
}

void LoopTimers::run_due() {
  armed_us_ = 0;
  const auto now_us = monotonic_us();
  while (const auto task = queue_.pop_due(now_us)) run_guarded(*task);
  arm();
}

}  // namespace sportapp::http
