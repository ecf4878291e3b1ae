// Timers and tasks of a loop that Asio runs. Loop thread only.
#pragma once
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "base/loop.hpp"
#include "net/http/timer_queue.hpp"

namespace sportapp::http {

// A task that throws is a defect: it is logged, and the loop goes on.
void run_guarded(const Loop::Task& task);

class LoopTimers {
 public:
  explicit LoopTimers(boost::asio::io_context& io) : timer_(io) {}
  Loop::TimerId at(std::int64_t at_us, Loop::Task task);  // on the clock of monotonic_us()
  Loop::TimerId after(std::int64_t delay_ms, Loop::Task task);
  void cancel(Loop::TimerId timer) { queue_.cancel(timer); }

 private:
  void arm();
  void run_due();

  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      timer_;
  TimerQueue queue_;
  std::int64_t armed_us_ = 0;  // when the timer rings; 0: not set
};

}  // namespace sportapp::http
