#include "sim/open_requests.hpp"

#include <gtest/gtest.h>

#include "sim/checker.hpp"

namespace sportapp::simulator {
namespace {

class OpenRequestsTest : public ::testing::Test {
 protected:
  OpenRequestsTest() {
    process_.start();
    open_.emplace(process_, "a");
  }
  http::Reply open(std::int64_t until_ms = 100) {
    return open_->open(1, until_ms, [this](const http::Response&) { ++answers_; });
  }
  void look_often(std::int64_t now_ms, std::size_t kept) {
    for (int i = 0; i < 100; ++i) open_->look(now_ms, kept);
  }

  Timeline timeline_;
  Process process_{timeline_};
  std::optional<OpenRequests> open_;
  int answers_ = 0;
};

TEST_F(OpenRequestsTest, OneThatIsAnsweredOnceIsGone) {
  {
    const auto reply = open();
    open_->look(0, 1);
    reply({});
  }
  look_often(1000, 0);
  EXPECT_EQ(answers_, 1);
  EXPECT_FALSE(timeline_.step());
}

TEST_F(OpenRequestsTest, AnAnswerGivenTwiceIsNoticed) {
  const auto reply = open();
  reply({});
  EXPECT_THROW(reply({}), Violation);
}

TEST_F(OpenRequestsTest, OneThatIsLetGoIsNoticedUnlessTheProcessEnds) {
  { const auto reply = open(); }
  EXPECT_THROW(timeline_.step(), Violation);
  const auto reply = open();
  open_.reset();
  process_.end();
  EXPECT_FALSE(timeline_.step());
}

TEST_F(OpenRequestsTest, OneThatIsKeptTooLongIsNoticedUnlessTheJournalHasIt) {
  const auto reply = open();
  look_often(99, 1);
  open_->in_journal(1, true);
  look_often(10'000, 0);
  open_->in_journal(1, false);
  open_->look(10'000, 1);
  EXPECT_THROW(look_often(10'000, 1), Violation);
}

TEST_F(OpenRequestsTest, OneThatTheNodeDoesNotKnowToKeepIsNoticed) {
  const auto reply = open();
  EXPECT_THROW(open_->look(0, 0), Violation);
}

}  // namespace
}  // namespace sportapp::simulator
