#include "server/commands/command_routes.hpp"

#include "ha/hold/hold_testing.hpp"
#include "net/http/key_testing.hpp"
#include "server/commands/backlog.hpp"
#include "server/commands/command_testing.hpp"
#include "server/commands/set_aside_routes.hpp"
#include "tests/support/hand_loop.hpp"

namespace sportapp::commands {
namespace {

using hold::testing::kAtA;
using sportapp::testing::HandLoop;
using Headers = std::vector<std::pair<std::string, std::string>>;
using Strings = std::vector<std::string>;

class CommandRoutesTest : public testing::CommandsTest {
 protected:
  CommandRoutesTest() {
    routes_.add_to(router_);
    set_aside_routes_.add_to(router_);
  }
  ~CommandRoutesTest() override { journal_.reset(); }

  struct Sent final : http::Reply::Target {
    void send(http::Response response) override { answer = std::move(response); }
    std::optional<http::Response> answer;
  };
  std::shared_ptr<Sent> ask(const std::string& method, const std::string& path, const std::string& body = "",
                            Headers headers = {}) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.headers = std::move(headers);
    if (http::needs_credential(path)) request.headers.push_back(http::testing::key_header());
    auto sent = std::make_shared<Sent>();
    router_.route(request, http::Reply(sent));
    return sent;
  }
  std::shared_ptr<Sent> use(const std::string& word, Headers headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    headers.emplace_back("Idempotency-Key", "use-" + word);
    return ask("POST", "/api-commands/words", word, std::move(headers));
  }
  int status(const std::shared_ptr<Sent>& sent) {
    if (!loop_.run_until([&] { return sent->answer.has_value(); })) throw std::runtime_error("not answered");
    return sent->answer->status;
  }
  void wait_for_timers(std::size_t count) {
    ASSERT_TRUE(loop_.run_until([&] { return loop_.timers() == count; }));
  }
  void take_in_and_tell() {
    ASSERT_TRUE(take_in());
    routes_.taken_in("letters", intake_->position());
  }
  std::string answer_to(const std::string& method, const std::string& path) {
    const auto sent = ask(method, path);
    EXPECT_EQ(status(sent), 200);
    return sent->answer->body;
  }

  HandLoop loop_;
  http::Router router_{http::testing::authorization()};
  std::unique_ptr<messaging::EventSource> feed_ = std::move(*journal_->events());
  hold::testing::HandForwarder forwarder_;
  std::unique_ptr<quarantine::Quarantine> quarantine_ = quarantine::Quarantine::open({}, clock_, loop_);
  CommandRoutes routes_{*domain_, *journal_, *feed_, clock_, loop_, forwarder_, *quarantine_, {}};
  SetAsideRoutes set_aside_routes_{file(), *domain_, *journal_, loop_,
                                   [this]() -> const hold::PrimaryLocation& { return routes_.primary(); }};
};

TEST_F(CommandRoutesTest, ACommandThatIsEarlyIsTriedAgainUntilWhatItNeedsHasCome) {
  const auto sent = use("ana");
  for (int i = 0; i < 3; ++i) {
    wait_for_timers(1);
    EXPECT_FALSE(sent->answer);
    loop_.let_time_pass();
  }
  happen("One", {"ana"});
  take_in_and_tell();
  wait_for_timers(1);
  loop_.let_time_pass();
  EXPECT_EQ(status(sent), 200);
}

TEST_F(CommandRoutesTest, ACommandThatIsWrongIsRefusedAfterSomeTries) {
  const auto sent = use("ana");
  int tries = 0;
  while (!sent->answer && tries < 100) {
    ASSERT_TRUE(loop_.run_until([&] { return sent->answer || loop_.timers() == 1; }));
    if (!sent->answer) ++tries;
    loop_.let_time_pass();
  }
  EXPECT_EQ(tries, 12) << "of 25 ms each";
  EXPECT_EQ(status(sent), 400);
  EXPECT_EQ(journal_->status().head, Seq{0});
}

TEST_F(CommandRoutesTest, MoreEarlyOnesThanMayWaitAreRefusedAtOnce) {
  std::vector<std::shared_ptr<Sent>> all;
  for (int i = 0; i < 1005; ++i) all.push_back(use("w" + std::to_string(i)));
  wait_for_timers(1000);
  const auto refused = [&] {
    return std::count_if(all.begin(), all.end(), [](const auto& sent) { return sent->answer.has_value(); });
  };
  ASSERT_TRUE(loop_.run_until([&] { return refused() == 5; }));
}

TEST_F(CommandRoutesTest, APositionOfASourceIsWaitedFor) {
  const auto sent = use("b", {{"Sportapp-Position", "letters=2,others=9"}, {"Prefer", "wait=3"}});
  happen("One", {"a"});
  take_in_and_tell();
  EXPECT_EQ(loop_.timers(), 1U);
  EXPECT_FALSE(sent->answer);
  happen("One", {"b"});
  take_in_and_tell();
  EXPECT_EQ(status(sent), 200);
  EXPECT_EQ(loop_.timers(), 0U);
  EXPECT_TRUE(std::count(sent->answer->headers.begin(), sent->answer->headers.end(),
                         std::pair<std::string, std::string>("Preference-Applied", "wait=3")));
}

TEST_F(CommandRoutesTest, APositionThatIsNotReachedInTimeIsSaidAndNothingDone) {
  happen("One", {"a"});
  take_in_and_tell();
  const auto sent = use("a", {{"Sportapp-Position", "letters=2"}});
  EXPECT_FALSE(sent->answer);
  loop_.let_time_pass();
  ASSERT_TRUE(sent->answer);
  EXPECT_EQ(sent->answer->status, 503);
  EXPECT_NE(sent->answer->body.find("letters=2"), std::string::npos);
  EXPECT_EQ(status(use("a", {{"Sportapp-Position", "letters"}})), 400);
  EXPECT_EQ(status(use("a", {{"Sportapp-Position", "letters=1"}})), 200);
}

TEST_F(CommandRoutesTest, WhatIsSetAsideIsListedAndTakenInWhenItCanBe) {
  happen("One", {"a", "unreadable", "bomb", "refused"});
  take_in_and_tell();
  EXPECT_EQ(answer_to("GET", "/internal/events/set-aside"),
            R"({"set_aside":[{"source":"letters","seq":2,"type":"One","reason":"what a mess"},)"
            R"({"source":"letters","seq":3,"type":"One","reason":"a bomb"},)"
            R"({"source":"letters","seq":4,"type":"One","reason":"refused: no such word"}]})");
  EXPECT_EQ(answer_to("POST", "/internal/events/retry"), R"({"retried":0,"left":3})");
  words_->mended = true;
  EXPECT_EQ(answer_to("POST", "/internal/events/retry"), R"({"retried":3,"left":0})");
  EXPECT_EQ(rows("words"), (Strings{"a", "unreadable", "bomb", "refused"}));
  EXPECT_EQ(answer_to("GET", "/internal/events/set-aside"), R"({"set_aside":[]})");
  EXPECT_EQ(answer_to("POST", "/internal/events/retry"), R"({"retried":0,"left":0})");
}

TEST_F(CommandRoutesTest, ARetryThatWasCutOffBeforeItsEndTakesEffectOnce) {
  happen("One", {"bomb"});
  take_in_and_tell();
  words_->mended = true;
  std::promise<void> done;
  journal_->submit({" retry/letters/1", {"Add", "bomb"}}, [&](const journal::Outcome& outcome) {
    EXPECT_TRUE(std::holds_alternative<journal::Answered>(outcome));
    done.set_value();
  });
  done.get_future().wait();
  EXPECT_EQ(answer_to("POST", "/internal/events/retry"), R"({"retried":1,"left":0})");
  EXPECT_EQ(rows("words"), Strings{"bomb"});
}

TEST_F(CommandRoutesTest, ASecondRetryAtTheSameTimeIsRefused) {
  happen("One", {"unreadable"});
  take_in_and_tell();
  words_->mended = true;
  const auto first = ask("POST", "/internal/events/retry");
  EXPECT_EQ(status(ask("POST", "/internal/events/retry")), 409);
  EXPECT_EQ(status(first), 200);
}

TEST_F(CommandRoutesTest, WhatWaitsIsCountedWithTheAgeOfTheOldest) {
  Backlog none(file(), *domain_, clock_);
  EXPECT_EQ(none.counts().open, 0);
  EXPECT_EQ(none.counts().oldest_open_ms, 0);
  happen("One", {"a", "b", "unreadable"});
  take_in_and_tell();
  EXPECT_EQ(status(use("a")), 200);
  EXPECT_EQ(status(use("b")), 200);
  Backlog some(file(), *domain_, clock_);
  const auto& counts = some.counts();
  EXPECT_EQ(counts.set_aside, 1);
  EXPECT_EQ(counts.open, 2);
  EXPECT_GE(counts.oldest_open_ms, 0);
  EXPECT_LT(counts.oldest_open_ms, 600'000);
}

TEST_F(CommandRoutesTest, ASpareGivesCommandsToThePrimaryAndAnswersWhatIsWrongItself) {
  routes_.primary_is(kAtA);
  const auto asked = use("ana", {{"Prefer", "wait=2"}, {"Cookie", "x"}});
  ASSERT_EQ(forwarder_.under_way.size(), 1U);
  const auto& sent = forwarder_.under_way.front().request;
  EXPECT_EQ(sent.method + sent.path + sent.body, "POST/api-commands/wordsana");
  const Headers expected{
      {"Prefer", "wait=2"}, {"Content-Type", "application/json"}, {"Idempotency-Key", "use-ana"}};
  EXPECT_EQ(sent.headers, expected);
  EXPECT_EQ(status(ask("POST", "/api-commands/words", "x")), 415);
  forwarder_.end(0, hold::testing::HandForwarder::response(201, "made"));
  EXPECT_EQ(status(asked), 201);
  EXPECT_EQ(asked->answer->body, "made");
  EXPECT_EQ(journal_->status().head, Seq{0}) << "nothing is executed here";
}

TEST_F(CommandRoutesTest, ANodeThatBecomesPrimaryExecutesWhatItHeld) {
  happen("One", {"a", "b"});
  ASSERT_TRUE(take_in());  // and the routes are not told: a spare takes nothing in
  routes_.primary_is(hold::Nowhere{});
  const auto first = use("a");
  const auto second = use("b", {{"Sportapp-Position", "letters=2"}});
  EXPECT_EQ(routes_.hold_counts().held, 2U);
  routes_.primary_is(hold::Here{});
  EXPECT_EQ(status(first), 200);
  EXPECT_EQ(status(second), 200);
  EXPECT_EQ(routes_.hold_counts().held, 0U);
}

TEST_F(CommandRoutesTest, WhoWaitsForAPositionAtANodeThatIsDeposedGoesToThePrimary) {
  const auto asked = use("a", {{"Sportapp-Position", "letters=7"}, {"Prefer", "wait=9"}});
  EXPECT_EQ(loop_.timers(), 1U);
  routes_.primary_is(kAtA);
  ASSERT_EQ(forwarder_.under_way.size(), 1U);
  EXPECT_GT(forwarder_.under_way.front().timeout_ms, 10'000) << "time to wait and time to be held";
  forwarder_.end(0, hold::testing::HandForwarder::response(200));
  EXPECT_EQ(status(asked), 200);
  EXPECT_EQ(loop_.timers(), 0U);
}

TEST_F(CommandRoutesTest, WhatAnotherNodeGaveOnIsAnsweredAtOnce) {
  routes_.primary_is(kAtA);
  const auto asked = use("a", {{"Sportapp-Forwarded", "c"}});
  ASSERT_TRUE(asked->answer);
  EXPECT_EQ(asked->answer->status, 503);
  EXPECT_TRUE(std::count(asked->answer->headers.begin(), asked->answer->headers.end(),
                         std::pair<std::string, std::string>("Sportapp-Not-Primary", "1")));
  EXPECT_TRUE(forwarder_.under_way.empty());
}

TEST_F(CommandRoutesTest, OnlyThePrimaryGivesItsFeedAndWhatIsSetAside) {
  routes_.primary_is(kAtA);
  for (const auto& [method, path] :
       std::vector<std::pair<std::string, std::string>>{{"GET", "/internal/feed"},
                                                        {"GET", "/internal/events/set-aside"},
                                                        {"POST", "/internal/events/retry"}}) {
    const auto asked = ask(method, path);
    EXPECT_EQ(status(asked), 503) << path;
    EXPECT_NE(asked->answer->body.find("node a, at 127.0.0.1:5001"), std::string::npos) << path;
  }
  routes_.primary_is(hold::Here{});
  EXPECT_EQ(answer_to("GET", "/internal/feed"), "");
}

}  // namespace
}  // namespace sportapp::commands
