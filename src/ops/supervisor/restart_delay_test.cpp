#include "ops/supervisor/restart_delay.hpp"

#include <gtest/gtest.h>

namespace sportapp::supervisor {

TEST(RestartDelay, GrowsWhileItKeepsDyingUpToABound) {
  RestartDelay delay;
  int before = 0;
  for (const int expected : {0, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000}) {
    const int now = delay.next_ms(10);
    EXPECT_EQ(now, expected);
    EXPECT_GE(now, before);
    before = now;
  }
}

TEST(RestartDelay, OneThatLivedLongStartsAfresh) {
  RestartDelay delay;
  for (int times = 0; times < 5; ++times) (void)delay.next_ms(10);
  EXPECT_EQ(delay.next_ms(RestartDelay::kHealthyMs), 0);
  EXPECT_EQ(delay.next_ms(RestartDelay::kHealthyMs - 1), RestartDelay::kSecondMs);
}

}  // namespace sportapp::supervisor
