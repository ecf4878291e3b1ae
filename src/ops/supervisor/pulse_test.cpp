#include "ops/supervisor/pulse.hpp"

#include <gtest/gtest.h>

namespace sportapp::supervisor {

constexpr auto runs = [] { return false; };
constexpr auto halted = [] { return true; };

TEST(Pulse, WhoNeverBeatIsNotMissed) {
  Pulse pulse;
  for (std::int64_t now_ms = 0; now_ms < 60'000; now_ms += 1000)
    EXPECT_FALSE(pulse.is_missed(7, now_ms, runs));
}

TEST(Pulse, SilenceIsMissedAndABeatEndsIt) {
  Pulse pulse;
  EXPECT_FALSE(pulse.is_missed(7, 1000, runs));
  pulse.beat(7);
  EXPECT_FALSE(pulse.is_missed(7, 2000, runs));
  EXPECT_FALSE(pulse.is_missed(7, 4000, runs));
  EXPECT_TRUE(pulse.is_missed(7, 5500, runs));
  pulse.beat(7);
  EXPECT_FALSE(pulse.is_missed(7, 6500, runs));
}

TEST(Pulse, TheSuccessorOfOneThatBeatIsNotMissedBeforeItBeats) {
  Pulse pulse;
  pulse.beat(7);
  for (std::int64_t now_ms = 1000; now_ms < 60'000; now_ms += 1000)
    EXPECT_FALSE(pulse.is_missed(8, now_ms, runs));
  EXPECT_FALSE(pulse.is_missed(0, 60'000, runs)) << "none runs";
}

TEST(Pulse, WhoLooksLateWasLateItself) {
  Pulse pulse;
  pulse.beat(7);
  EXPECT_FALSE(pulse.is_missed(7, 1'000'000, runs));
  EXPECT_FALSE(pulse.is_missed(7, 2'000'000, runs));
  EXPECT_TRUE(pulse.is_missed(7, 2'001'000, runs));
}

TEST(Pulse, WhoIsMissedAgainSoonIsGivenTwiceAsLong) {
  Pulse pulse;
  const auto missed_after_ms = [&](pid_t pid, std::int64_t begin_ms) {
    pulse.beat(pid);
    auto now_ms = begin_ms;
    while (!pulse.is_missed(pid, now_ms, runs) && now_ms < begin_ms + 100'000) now_ms += 100;
    return now_ms - begin_ms;
  };
  ASSERT_FALSE(pulse.is_missed(7, 999, runs));
  EXPECT_EQ(missed_after_ms(7, 1000), 3000);
  EXPECT_GT(missed_after_ms(8, 10'000), 4500);
  EXPECT_LE(missed_after_ms(9, 100'000), 3000) << "long ago";
}

TEST(Pulse, WhoIsHaltedIsMissedAfterTheUsualTimeHoweverOften) {
  Pulse pulse;
  ASSERT_FALSE(pulse.is_missed(1, 0, runs));
  for (pid_t pid = 1; pid <= 3; ++pid) {
    pulse.beat(pid);
    const std::int64_t begin_ms = 10'000 * pid;
    EXPECT_FALSE(pulse.is_missed(pid, begin_ms, halted));
    EXPECT_FALSE(pulse.is_missed(pid, begin_ms + 1500, halted));
    EXPECT_TRUE(pulse.is_missed(pid, begin_ms + 3000, halted));
  }
}

}  // namespace sportapp::supervisor
