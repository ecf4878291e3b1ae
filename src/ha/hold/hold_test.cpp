#include "ha/hold/hold.hpp"

#include <map>
#include <random>

#include "ha/hold/hold_testing.hpp"
#include "net/http/problem.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/hand_loop.hpp"

namespace sportapp::hold {
namespace {

using sportapp::testing::HandClock;
using sportapp::testing::HandLoop;
using testing::HandForwarder;
using testing::kAtA;

const Elsewhere kAtC{"c", "", "127.0.0.1", 5003};

// A command as the test sees it: how often it was answered, and with what.
struct Asked final : http::Reply::Target {
  void send(http::Response response) override {
    ++answers;
    answer = std::move(response);
  }
  int answers = 0;
  http::Response answer;
};

class HoldTest : public ::testing::Test {
 protected:
  std::shared_ptr<Asked> ask(const std::string& body, bool forwarded = false, std::string position = "") {
    auto asked = std::make_shared<Asked>();
    auto held = std::make_shared<Held>(Held{http::Reply(asked), {}});
    held->request.body = body;
    if (!position.empty()) held->request.headers.emplace_back("Sportapp-Position", std::move(position));
    held->arrival = ++arrivals_;
    held->until_ms = clock_.now_ms + 5000;
    held->forwarded = forwarded;
    hold_.take(std::move(held));
    return asked;
  }
  void pass(std::int64_t ms) {
    clock_.now_ms += ms;
    loop_.let_time_pass();
  }

  HandClock clock_;
  HandLoop loop_;
  HandForwarder forwarder_;
  std::vector<HeldPtr> executed_;
  std::uint64_t arrivals_ = 0;
  Hold hold_{{.count_max = 4, .bytes_max = 4096}, clock_, loop_, forwarder_, [this](HeldPtr held) {
               executed_.push_back(std::move(held));
             }};
};

TEST_F(HoldTest, WhatWaitsIsExecutedInOrderOfArrivalOnceThePrimaryIsHere) {
  hold_.primary_is(Nowhere{});
  const auto first = ask("1");
  hold_.primary_is(kAtA);
  const auto second = ask("2");
  ASSERT_EQ(forwarder_.under_way.size(), 2U);
  forwarder_.end(0, Error{Retry::kOutcomeUnknown, "broken"});
  hold_.primary_is(Nowhere{});
  const auto third = ask("3");
  EXPECT_EQ(hold_.counts().held, 2U);
  hold_.primary_is(Here{});
  ASSERT_EQ(executed_.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(executed_[i]->request.body, std::to_string(i + 1));
  EXPECT_EQ(first->answers + second->answers + third->answers, 0);
  EXPECT_EQ(hold_.counts().held + hold_.counts().forwarding, 0U);
}

TEST_F(HoldTest, ThePrimaryAnswersWhatIsForwarded) {
  hold_.primary_is(kAtA);
  EXPECT_EQ(forwarder_.to, (http::Upstream{"/run/a.sock", "127.0.0.1", 5001}));
  const auto asked = ask("1");
  EXPECT_EQ(forwarder_.under_way.at(0).timeout_ms, 5000);
  forwarder_.end(0, HandForwarder::response(409, "taken", {{"Location", "/x"}}));
  EXPECT_EQ(asked->answer.status, 409);
  EXPECT_EQ(asked->answer.body, "taken");
  EXPECT_EQ(asked->answer.headers.size(), 1U);
  EXPECT_EQ(hold_.counts().forwarded, 1);
  EXPECT_EQ(loop_.timers(), 0U);
}

TEST_F(HoldTest, NoAnswerAnd503AreTriedAgainUntilTheTimeIsOver) {
  hold_.primary_is(kAtA);
  const auto asked = ask("1");
  forwarder_.end(0, Error{Retry::kOutcomeUnknown, "broken"});
  EXPECT_EQ(hold_.counts().held, 1U);
  pass(25);
  forwarder_.end(0, http::unavailable("not now"));
  forwarder_.refuses = true;
  for (int i = 0; i < 10; ++i) pass(400);
  EXPECT_EQ(asked->answers, 0);
  pass(1000);
  EXPECT_EQ(asked->answers, 1);
  EXPECT_EQ(asked->answer.status, 503);
  EXPECT_EQ(asked->answer.headers.at(0).first, "Retry-After");
  EXPECT_NE(asked->answer.body.find("not known whether"), std::string::npos);
  EXPECT_EQ(hold_.counts().timeouts, 1);
  EXPECT_EQ(loop_.timers(), 0U) << "nothing waits, nothing ticks";
}

TEST_F(HoldTest, OneThatNeverLeftIsToldThatNothingWasChanged) {
  hold_.primary_is(Nowhere{});
  const auto asked = ask("1");
  pass(5000);
  EXPECT_EQ(asked->answer.status, 503);
  EXPECT_NE(asked->answer.body.find("nothing was changed"), std::string::npos);
}

TEST_F(HoldTest, A503ToOneThatWaitedForAPositionIsItsAnswer) {
  hold_.primary_is(kAtA);
  const auto waited = ask("1", false, "users=5");
  forwarder_.end(0, http::unavailable("not taken in"));
  EXPECT_EQ(waited->answer.status, 503);
  const auto again = ask("2", false, "users=5");
  forwarder_.end(0, not_primary(Nowhere{}));
  EXPECT_EQ(again->answers, 0);
  EXPECT_EQ(hold_.counts().held, 1U);
}

TEST_F(HoldTest, WhatAnotherNodeGaveOnIsNeverGivenOnNorHeld) {
  for (const PrimaryLocation& primary :
       {PrimaryLocation(kAtA), PrimaryLocation(Nowhere{}), PrimaryLocation(Here{})}) {
    hold_.primary_is(primary);
    const auto asked = ask("1", true);
    EXPECT_EQ(asked->answer.status, 503);
    EXPECT_EQ(asked->answer.headers.at(1), std::pair(std::string("Sportapp-Not-Primary"), std::string("1")));
  }
  EXPECT_TRUE(forwarder_.under_way.empty());
}

TEST_F(HoldTest, MoreThanMayWaitAreRefusedAtOnceAndRoomIsGivenBack) {
  hold_.primary_is(Nowhere{});
  for (int i = 0; i < 4; ++i) ask("x");
  EXPECT_EQ(ask("one too many")->answer.status, 503);
  hold_.primary_is(Here{});
  hold_.primary_is(Nowhere{});
  EXPECT_EQ(ask(std::string(4000, 'x'))->answer.status, 503) << "too large with what each takes beside";
  EXPECT_EQ(ask(std::string(3000, 'x'))->answers, 0);
  EXPECT_EQ(ask(std::string(3000, 'x'))->answer.status, 503);
  EXPECT_EQ(hold_.counts().refused, 3);
}

TEST_F(HoldTest, WhereNothingIsHeldOnlyAPrimaryThatIsKnownIsTried) {
  Hold hold({.holds = false}, clock_, loop_, forwarder_, [this](HeldPtr held) { executed_.push_back(held); });
  const auto ask_it = [&] {
    auto asked = std::make_shared<Asked>();
    hold.take(std::make_shared<Held>(Held{http::Reply(asked), {}, ++arrivals_, 0, clock_.now_ms + 5000}));
    return asked;
  };
  hold.primary_is(Nowhere{});
  EXPECT_EQ(ask_it()->answer.status, 503) << "at once";
  hold.primary_is(kAtA);
  const auto answered = ask_it();
  const auto broken = ask_it();
  forwarder_.end(0, HandForwarder::response(200));
  forwarder_.end(0, Error{Retry::kOutcomeUnknown, "broken"});
  EXPECT_EQ(answered->answer.status, 200);
  EXPECT_EQ(broken->answer.status, 503);
  EXPECT_NE(broken->answer.body.find("not known whether"), std::string::npos);
  EXPECT_EQ(hold.counts().held + hold.counts().forwarding, 0U);
  EXPECT_EQ(loop_.timers(), 0U);
}

TEST_F(HoldTest, AnotherPrimaryGetsWhatWasAtTheOneBefore) {
  hold_.primary_is(kAtA);
  const auto asked = ask("1");
  hold_.primary_is(kAtA);
  hold_.primary_is(Nowhere{});
  EXPECT_EQ(forwarder_.under_way.size(), 1U) << "it may still be answered";
  hold_.primary_is(kAtC);
  ASSERT_EQ(forwarder_.under_way.size(), 1U);
  EXPECT_EQ(forwarder_.to->port, 5003);
  forwarder_.end(0, HandForwarder::response(201));
  EXPECT_EQ(asked->answer.status, 201);
}

// Whatever happens in whatever order, each command is answered or executed once, in order of arrival when
// several are executed at one time, and none is forgotten.
TEST_F(HoldTest, EachCommandEndsOnceInEveryInterleaving) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto any = [&](std::uint32_t below) { return random() % below; };
    std::map<std::string, std::shared_ptr<Asked>> all;
    std::map<std::string, int> ends;
    std::vector<HeldPtr> journal;  // executing here
    const auto collect = [&] {
      std::uint64_t last = 0;
      for (auto& held : std::exchange(executed_, {})) {
        EXPECT_GT(held->arrival, last);
        last = held->arrival;
        journal.push_back(std::move(held));
      }
    };
    const auto some_outcome = [&]() -> Result<http::Response> {
      if (any(3) == 0) return HandForwarder::response(201);
      return any(2) == 0 ? Result<http::Response>(not_primary(Nowhere{}))
                         : Result<http::Response>(Error{Retry::kOutcomeUnknown, "broken"});
    };
    const auto step = [&](bool healing) {
      switch (any(6)) {
        case 0:
          if (healing) break;
          all.emplace(std::to_string(arrivals_), ask(std::to_string(arrivals_)));
          break;
        case 1: {
          const std::array<PrimaryLocation, 4> places{Here{}, kAtA, kAtC, Nowhere{}};
          hold_.primary_is(places[any(healing ? 1 : 4)]);
          break;
        }
        case 2:
          if (!forwarder_.under_way.empty()) {
            forwarder_.end(any(static_cast<std::uint32_t>(forwarder_.under_way.size())), some_outcome());
          }
          break;
        case 3:
          pass(any(healing ? 30 : 2000));
          break;
        case 4:
          forwarder_.refuses = !healing && any(2) == 0;
          break;
        default:
          if (journal.empty()) break;
          auto held = std::move(journal.back());
          journal.pop_back();
          if (!healing && any(2) == 0) {
            hold_.take(std::move(held));  // it was rolled back
          } else {
            held->reply(HandForwarder::response(201));
          }
      }
      collect();
    };
    for (int i = 0; i < 300; ++i) step(false);
    hold_.primary_is(Here{});
    collect();
    for (int i = 0; i < 200; ++i) step(true);
    for (const auto& held : journal) held->reply(HandForwarder::response(201));
    for (const auto& [name, asked] : all) EXPECT_EQ(asked->answers, 1) << name;
    const auto counts = hold_.counts();
    EXPECT_EQ(counts.held + counts.forwarding, 0U);
    EXPECT_EQ(loop_.timers(), 0U);
  }
}

}  // namespace
}  // namespace sportapp::hold
