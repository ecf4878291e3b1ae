#include "server/quarantine/trial.hpp"

#include <future>

#include "server/quarantine/testing.hpp"
#include "server/quarantine/trial_protocol.hpp"

namespace sportapp::quarantine {
namespace {

using Kind = TrialOutcome::Kind;

class TrialTest : public testing::WordsTest {
 protected:
  TrialOutcome hold(Trials& trials, const std::string& body, std::filesystem::path journal = {}) {
    auto outcome = std::make_shared<std::promise<TrialOutcome>>();
    auto given = outcome->get_future();
    EXPECT_TRUE(trials.ask({journal.empty() ? file() : journal, "POST", {}, body},
                           [outcome](TrialOutcome ended) { outcome->set_value(std::move(ended)); }));
    return given.get();
  }
  TrialOutcome hold(const std::string& body, int deadline_ms = 20'000) {
    Trials trials({.program = TRIAL_PROGRAM, .start_ms = 60'000, .deadline_ms = deadline_ms});
    return hold(trials, body);
  }
};

TEST_F(TrialTest, ARequestThatDoesNothingBadPassesAndChangesNothing) {
  add("ana");
  const auto head = journal_->status().head;
  for (const auto* body : {"ana", "refused", "nobody", ""}) {
    const auto outcome = hold(body);
    EXPECT_EQ(outcome.kind, Kind::kPassed) << body << ": " << outcome.what;
  }
  EXPECT_EQ(journal_->status().head, head);
}

TEST_F(TrialTest, OneThatEndsItsProcessFailsWhereverItDoesSo) {
  for (const std::string how : {"poison:crash", "poison-parse:crash", "poison:memory"}) {
    const auto outcome = hold(R"({"word":")" + how + R"("})");
    EXPECT_EQ(outcome.kind, Kind::kFailed) << how;
    EXPECT_FALSE(outcome.what.empty());
  }
}

TEST_F(TrialTest, OneThatHangsFailsAfterItsTime) {
  const auto outcome = hold(R"({"word":"poison:hang"})", 300);
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_NE(outcome.what.find("300 ms"), std::string::npos);
}

TEST_F(TrialTest, WhatKeepsATrialFromBeginningIsNotTheRequestsFault) {
  Trials trials({.program = TRIAL_PROGRAM, .start_ms = 60'000});
  EXPECT_EQ(hold(trials, "x", folder_.path() / "no.db").kind, Kind::kNotTried);
  Trials nothing({.program = folder_.path() / "nothing"});
  EXPECT_EQ(hold(nothing, "x").kind, Kind::kNotTried);
  Trials other({.program = "/bin/true", .start_ms = 60'000});
  EXPECT_EQ(hold(other, "x").kind, Kind::kNotTried);
}

TEST_F(TrialTest, NoMoreWaitThanMayAndAnEndWaitsForNone) {
  Trials trials({.program = TRIAL_PROGRAM, .start_ms = 60'000, .deadline_ms = 60'000, .queue_max = 2});
  int taken = 0;
  for (int i = 0; i < 10; ++i) {
    taken +=
        trials.ask({file(), "POST", {}, R"({"word":"poison:hang"})"}, [](const TrialOutcome&) {}) ? 1 : 0;
  }
  EXPECT_GE(taken, 2);
  EXPECT_LE(taken, 3) << "two in the queue and one under way";
}

TEST(TrialProtocol, GivesBackWhatItWasGivenAndNothingElse) {
  const TrialRequest request{"/some where/journal.db", "PUT", Id{7}, std::string("a\nb\0c", 5)};
  const auto bytes = trial::encode(request);
  const auto back = trial::decode(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->journal, request.journal);
  EXPECT_EQ(back->method, request.method);
  EXPECT_EQ(back->id, request.id);
  EXPECT_EQ(back->body, request.body);
  EXPECT_FALSE(trial::decode(trial::encode({"/j", "POST", {}, ""}))->id);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(trial::decode(std::string_view(bytes).substr(0, cut))) << cut;
  }
  EXPECT_FALSE(trial::decode(bytes + "x"));
  EXPECT_FALSE(trial::decode("-1\nx"));
}

}  // namespace
}  // namespace sportapp::quarantine
