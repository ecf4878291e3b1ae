#include "supervisor/hang_rule.hpp"

#include <gtest/gtest.h>

namespace sportapp::supervisor {

TEST(HangRuleTest, silence_counts_only_in_a_row) {
  HangRule rule;
  EXPECT_FALSE(rule.hangs_as_asked(7, false));
  EXPECT_FALSE(rule.hangs_as_asked(7, false));
  EXPECT_FALSE(rule.hangs_as_asked(7, true));
  EXPECT_FALSE(rule.hangs_as_asked(7, false));
  EXPECT_FALSE(rule.hangs_as_asked(7, false));
  EXPECT_TRUE(rule.hangs_as_asked(7, false));
}

TEST(HangRuleTest, one_miss_after_a_standstill_of_everything_is_no_hang) {
  HangRule rule;
  EXPECT_FALSE(rule.hangs_as_asked(7, false)) << "the question was under way when all stood still";
  EXPECT_FALSE(rule.hangs_as_asked(7, true));
}

TEST(HangRuleTest, a_process_that_is_stopped_hangs_after_a_few_looks) {
  HangRule rule;
  EXPECT_FALSE(rule.hangs_as_seen(7, true));
  EXPECT_FALSE(rule.hangs_as_seen(7, true));
  EXPECT_TRUE(rule.hangs_as_seen(7, true));
}

TEST(HangRuleTest, another_process_begins_anew) {
  HangRule rule;
  EXPECT_FALSE(rule.hangs_as_seen(7, true));
  EXPECT_FALSE(rule.hangs_as_asked(7, false));
  EXPECT_FALSE(rule.hangs_as_asked(7, false));
  EXPECT_FALSE(rule.hangs_as_asked(8, false));
  EXPECT_FALSE(rule.hangs_as_seen(8, true));
  EXPECT_FALSE(rule.hangs_as_seen(8, true));
  EXPECT_TRUE(rule.hangs_as_seen(8, true));
}

}  // namespace sportapp::supervisor
