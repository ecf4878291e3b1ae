#include "server/service/position_waiters.hpp"

#include <gtest/gtest.h>

#include "tests/support/hand_loop.hpp"

namespace sportapp::service {
namespace {

class PositionWaitersTest : public ::testing::Test {
 protected:
  bool wait_for(std::int64_t position) {
    return waiters_.wait_for({position}, 1000, [this, position](Waited waited) {
      log_ += std::to_string(position) + (waited == Waited::kReached ? "r " : "t ");
    });
  }
  sportapp::testing::HandLoop loop_;
  PositionWaiters waiters_{loop_, 3};
  std::string log_;
};

TEST_F(PositionWaitersTest, ThoseAtOrBelowThePositionAreWokenAndNoOthers) {
  EXPECT_TRUE(wait_for(5) && wait_for(3) && wait_for(4));
  waiters_.reached({2});
  EXPECT_EQ(log_, "");
  waiters_.reached({4});
  EXPECT_EQ(log_, "3r 4r ");
  EXPECT_EQ(loop_.timers(), 1) << "the woken ones' timers are gone";
  waiters_.reached({9});
  EXPECT_EQ(log_, "3r 4r 5r ");
  loop_.let_time_pass();
  EXPECT_EQ(log_, "3r 4r 5r ") << "each is woken once";
}

TEST_F(PositionWaitersTest, TheTimeEndsAWait) {
  EXPECT_TRUE(wait_for(5));
  loop_.let_time_pass();
  EXPECT_EQ(log_, "5t ");
  waiters_.reached({9});
  EXPECT_EQ(log_, "5t ");
}

TEST_F(PositionWaitersTest, NoMoreThanTheBoundWait) {
  EXPECT_TRUE(wait_for(1) && wait_for(1) && wait_for(1));
  EXPECT_FALSE(wait_for(1));
  waiters_.reached({1});
  EXPECT_EQ(log_, "1r 1r 1r ");
  EXPECT_TRUE(wait_for(2));
}

TEST_F(PositionWaitersTest, OneThatIsWokenMayWaitAgain) {
  EXPECT_TRUE(waiters_.wait_for({1}, 1000, [this](Waited) { EXPECT_TRUE(wait_for(1)); }));
  waiters_.reached({1});
  EXPECT_EQ(log_, "");
  EXPECT_EQ(waiters_.size(), 1);
}

}  // namespace
}  // namespace sportapp::service
