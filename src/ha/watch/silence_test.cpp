#include "ha/watch/silence.hpp"

#include <gtest/gtest.h>

namespace sportapp::watch {
namespace {

// Hears something every `gap_ms` from `from_ms` on; gives the time of the last.
std::int64_t hears(Silence& silence, std::int64_t from_ms, std::int64_t gap_ms, int times) {
  for (int i = 0; i < times; ++i) silence.heard(from_ms += gap_ms);
  return from_ms;
}

}  // namespace

TEST(Silence, IsSuspiciousPastItsBoundAndNotBefore) {
  Silence silence(150);
  silence.begin(0);
  const auto now = hears(silence, 0, 25, 100);
  EXPECT_FALSE(silence.suspicious(now + 150));
  EXPECT_TRUE(silence.suspicious(now + 151));
}

TEST(Silence, WhereAnswersComeUnevenlyItWaitsLonger) {
  Silence silence(150);
  silence.begin(0);
  auto now = hears(silence, 0, 25, 100);
  silence.heard(now += 100);
  EXPECT_EQ(silence.bound_ms(), 300);
  EXPECT_FALSE(silence.suspicious(now + 300));
  EXPECT_TRUE(silence.suspicious(now + 301));
}

TEST(Silence, ALongGapIsForgottenOnceAnswersComeEvenly) {
  Silence silence(150);
  silence.begin(0);
  auto now = hears(silence, 0, 25, 10);
  silence.heard(now += 140);
  EXPECT_GT(silence.bound_ms(), 400);
  hears(silence, now, 25, 200);  // five seconds
  EXPECT_EQ(silence.bound_ms(), 150);
}

TEST(Silence, HoweverUnevenTheWaitHasAnEnd) {
  Silence silence(150);
  silence.begin(0);
  const auto now = hears(silence, 0, 5000, 3);
  EXPECT_EQ(silence.bound_ms(), 600);
  EXPECT_TRUE(silence.suspicious(now + 601));
}

TEST(Silence, TheListenersOwnDelayIsNotTheOthersSilence) {
  Silence silence(150);
  silence.begin(0);
  const auto now = hears(silence, 0, 25, 100);
  silence.woke_late(500);
  EXPECT_FALSE(silence.suspicious(now + 525));
  EXPECT_FALSE(silence.suspicious(now + 650));
  EXPECT_TRUE(silence.suspicious(now + 651));
  silence.heard(now + 660);
  EXPECT_LE(silence.bound_ms(), 3 * 160) << "nor a gap to get used to";
}

}  // namespace sportapp::watch
