#include "net/http/timer_queue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sportapp::http {

TEST(TimerQueue, GivesTasksInOrderOfTimeAndThenOfArrival) {
  TimerQueue timers;
  std::string order;
  timers.add(20, [&] { order += 'c'; });
  timers.add(10, [&] { order += 'a'; });
  timers.add(10, [&] { order += 'b'; });
  timers.add(31, [&] { order += 'd'; });
  EXPECT_EQ(timers.next_us(), 10);
  while (const auto task = timers.pop_due(30)) (*task)();
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(timers.next_us(), 31);
}

TEST(TimerQueue, CancelledTaskIsNotGiven) {
  TimerQueue timers;
  const auto timer = timers.add(10, [] {});
  timers.cancel(timer);
  timers.cancel(timer);
  timers.cancel(99);
  EXPECT_FALSE(timers.pop_due(100));
  EXPECT_EQ(timers.next_us(), std::nullopt);
}

}  // namespace sportapp::http
