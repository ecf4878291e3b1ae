#include "server/commands/feed_hold.hpp"

#include <gtest/gtest.h>

namespace sportapp::commands {
namespace {

constexpr auto kHeld = FeedHold::kHeldMs;

TEST(FeedHoldTest, TheLeastThatWasAskedForLatelyIsHeld) {
  FeedHold hold;
  const std::int64_t now = 1'000'000;
  EXPECT_EQ(hold.held_after(now), std::nullopt);
  hold.asked(Seq{70}, now);
  hold.asked(Seq{50}, now + 1);
  hold.asked(Seq{90}, now + 2);
  EXPECT_EQ(hold.held_after(now + 3), Seq{50});
}

TEST(FeedHoldTest, ItIsHeldForItsTimeAndNotForEver) {
  FeedHold hold;
  const std::int64_t now = 1'000'000;
  hold.asked(Seq{50}, now);
  EXPECT_EQ(hold.held_after(now + kHeld - 1), Seq{50});
  hold.asked(Seq{90}, now + kHeld + 1);
  EXPECT_EQ(hold.held_after(now + kHeld + 1), Seq{50}) << "asked for within two spans";
  EXPECT_EQ(hold.held_after(now + 2 * kHeld + 1), Seq{90});
  EXPECT_EQ(hold.held_after(now + 10 * kHeld), std::nullopt);
}

TEST(FeedHoldTest, WhoGoesOnReadingIsNotOvertaken) {
  FeedHold hold;
  for (std::int64_t now = 1'000'000, at = 10; at < 40; now += kHeld / 2, ++at) {
    hold.asked(Seq{at}, now);
    const auto held = hold.held_after(now + kHeld / 2);
    ASSERT_TRUE(held);
    EXPECT_LE(*held, Seq{at});
  }
}

}  // namespace
}  // namespace sportapp::commands
