#include "supervisor/pulse.hpp"

#include <gtest/gtest.h>

namespace sportapp::supervisor {

TEST(Pulse, WhoNeverBeatIsNotMissed) {
  Pulse pulse;
  for (std::int64_t now_ms = 0; now_ms < 60'000; now_ms += 1000) EXPECT_FALSE(pulse.is_missed(7, now_ms));
}

TEST(Pulse, SilenceIsMissedAndABeatEndsIt) {
  Pulse pulse;
  EXPECT_FALSE(pulse.is_missed(7, 1000));
  pulse.beat(7);
  EXPECT_FALSE(pulse.is_missed(7, 2000));
  EXPECT_FALSE(pulse.is_missed(7, 4000));
  EXPECT_TRUE(pulse.is_missed(7, 5500));
  pulse.beat(7);
  EXPECT_FALSE(pulse.is_missed(7, 6500));
}

TEST(Pulse, TheSuccessorOfOneThatBeatIsNotMissedBeforeItBeats) {
  Pulse pulse;
  pulse.beat(7);
  for (std::int64_t now_ms = 1000; now_ms < 60'000; now_ms += 1000) EXPECT_FALSE(pulse.is_missed(8, now_ms));
  EXPECT_FALSE(pulse.is_missed(0, 60'000)) << "none runs";
}

TEST(Pulse, WhoLooksLateWasLateItself) {
  Pulse pulse;
  pulse.beat(7);
  EXPECT_FALSE(pulse.is_missed(7, 1'000'000));
  EXPECT_FALSE(pulse.is_missed(7, 2'000'000));
  EXPECT_TRUE(pulse.is_missed(7, 2'001'000));
}

TEST(Pulse, WhoIsMissedAgainSoonIsGivenTwiceAsLong) {
  Pulse pulse;
  const auto missed_after_ms = [&](pid_t pid, std::int64_t begin_ms) {
    pulse.beat(pid);
    auto now_ms = begin_ms;
    while (!pulse.is_missed(pid, now_ms) && now_ms < begin_ms + 100'000) now_ms += 100;
    return now_ms - begin_ms;
  };
  ASSERT_FALSE(pulse.is_missed(7, 999));
  EXPECT_EQ(missed_after_ms(7, 1000), 3000);
  EXPECT_GT(missed_after_ms(8, 10'000), 4500);
  EXPECT_LE(missed_after_ms(9, 100'000), 3000) << "long ago";
}

}  // namespace sportapp::supervisor
