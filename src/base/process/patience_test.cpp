#include "base/process/patience.hpp"

#include <gtest/gtest.h>

namespace sportapp::process {

constexpr std::int64_t kStartMs = 1000;

TEST(PatienceTest, WhoWasNeverEndedGetsTheUsualTime) {
  const Patience patience;
  EXPECT_EQ(patience.times(0), 1);
  EXPECT_EQ(patience.times(kStartMs), 1);
}

TEST(PatienceTest, ItDoublesWithEachEndUpToABound) {
  Patience patience;
  std::int64_t now_ms = kStartMs;
  for (const int times : {2, 4, 8, 8, 8}) {
    patience.ended(now_ms);
    EXPECT_EQ(patience.times(now_ms), times);
    now_ms += Patience::kForgottenMs - 1;
    EXPECT_EQ(patience.times(now_ms), times) << "not forgotten yet";
  }
}

TEST(PatienceTest, ItBeginsAnewAfterALongTimeWithoutAnEnd) {
  Patience patience;
  patience.ended(kStartMs);
  patience.ended(kStartMs + 1);
  const auto later_ms = kStartMs + 1 + Patience::kForgottenMs;
  EXPECT_EQ(patience.times(later_ms), 1);
  patience.ended(later_ms);
  EXPECT_EQ(patience.times(later_ms), 2);
}

}  // namespace sportapp::process
