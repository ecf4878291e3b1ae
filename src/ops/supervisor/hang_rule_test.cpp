#include "ops/supervisor/hang_rule.hpp"

#include <gtest/gtest.h>

namespace sportapp::supervisor {

constexpr std::int64_t kNowMs = 1000;

TEST(HangRuleTest, SilenceCountsOnlyInARow) {
  HangRule rule;
  EXPECT_FALSE(rule.hangs_as_asked(7, false, kNowMs));
  EXPECT_FALSE(rule.hangs_as_asked(7, false, kNowMs));
  EXPECT_FALSE(rule.hangs_as_asked(7, true, kNowMs));
  EXPECT_FALSE(rule.hangs_as_asked(7, false, kNowMs));
  EXPECT_FALSE(rule.hangs_as_asked(7, false, kNowMs));
  EXPECT_TRUE(rule.hangs_as_asked(7, false, kNowMs));
}

TEST(HangRuleTest, OneMissAfterAStandstillOfEverythingIsNoHang) {
  HangRule rule;
  EXPECT_FALSE(rule.hangs_as_asked(7, false, kNowMs)) << "the question was under way when all stood still";
  EXPECT_FALSE(rule.hangs_as_asked(7, true, kNowMs));
}

TEST(HangRuleTest, AProcessThatIsStoppedHangsAfterAFewLooks) {
  HangRule rule;
  EXPECT_FALSE(rule.hangs_as_seen(7, true));
  EXPECT_FALSE(rule.hangs_as_seen(7, true));
  EXPECT_TRUE(rule.hangs_as_seen(7, true));
}

TEST(HangRuleTest, AnotherProcessBeginsAnew) {
  HangRule rule;
  EXPECT_FALSE(rule.hangs_as_seen(7, true));
  EXPECT_FALSE(rule.hangs_as_asked(7, false, kNowMs));
  EXPECT_FALSE(rule.hangs_as_asked(7, false, kNowMs));
  EXPECT_FALSE(rule.hangs_as_asked(8, false, kNowMs));
  EXPECT_FALSE(rule.hangs_as_seen(8, true));
  EXPECT_FALSE(rule.hangs_as_seen(8, true));
  EXPECT_TRUE(rule.hangs_as_seen(8, true));
}

TEST(HangRuleTest, OneThatWasEndedForSilenceGetsTwiceAsManyQuestionsWhenItIsSilentAgain) {
  HangRule rule;
  const auto misses_until_it_hangs = [&](pid_t pid, std::int64_t now_ms) {
    int misses = 1;
    while (!rule.hangs_as_asked(pid, false, now_ms) && misses < 100) ++misses;
    return misses;
  };
  EXPECT_EQ(misses_until_it_hangs(7, kNowMs), 3);
  EXPECT_EQ(misses_until_it_hangs(8, kNowMs + 5000), 6);
  EXPECT_EQ(misses_until_it_hangs(9, kNowMs + 10'000), 12);
  EXPECT_EQ(misses_until_it_hangs(10, kNowMs + 100'000), 3);
}

}  // namespace sportapp::supervisor
