#include "server/quarantine/quarantine.hpp"

#include "server/quarantine/testing.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/hand_loop.hpp"
#include "tests/support/other_process.hpp"

namespace sportapp::quarantine {
namespace {

using sportapp::testing::HandLoop;
using Verdict = Quarantine::Verdict;
using Kind = TrialOutcome::Kind;

class QuarantineTest : public testing::WordsTest {
 protected:
  Quarantine::Options options(const std::string& name) {
    return {.folder = folder_.path(),
            .name = name,
            .others = {name == "a" ? "b" : "a"},
            .journal = file(),
            .trials = {.program = TRIAL_PROGRAM, .start_ms = 60'000, .deadline_ms = 20'000}};
  }
  std::unique_ptr<Quarantine> open(const std::string& name) {
    return Quarantine::open(options(name), clock_, loop_);
  }
  struct Asked {
    http::Request request;
    Fingerprint fingerprint{};
  };
  static Asked asked(const std::string& body) {
    Asked made;
    made.request.method = "POST";
    made.request.path = "/api-commands/words";
    made.request.body = body;
    made.request.headers = {{"Idempotency-Key", "k-" + body}};
    made.fingerprint = fingerprint_of("POST", made.request.path, body);
    return made;
  }
  // What a process of that name leaves when it is killed while it executes the request.
  void dies_of(const std::string& name, const Asked& asked) {
    const auto own = std::move(*InHandFile::open_own(folder_.path() / name));
    own->begin(Executing::kDeciding, asked.fingerprint, "k");
  }
  Kind try_apart(Quarantine& quarantine, const Asked& asked) {
    std::optional<Kind> kind;
    quarantine.try_apart(asked.request, asked.fingerprint, [&](Kind outcome) { kind = outcome; });
    EXPECT_TRUE(loop_.run_until([&] { return kind.has_value(); }));
    return *kind;
  }

  HandLoop loop_;
  const Asked poison_ = asked(R"({"word":"poison:crash"})");
  const Asked sound_ = asked("word");
};

TEST_F(QuarantineTest, ARequestInHandAtAnotherNodesDeathIsSuspectUntilItsTrial) {
  dies_of("a", sound_);
  const auto b = open("b");
  EXPECT_EQ(b->verdict(poison_.fingerprint), Verdict::kInnocent);
  EXPECT_EQ(b->verdict(sound_.fingerprint), Verdict::kSuspect);
  EXPECT_EQ(try_apart(*b, sound_), Kind::kPassed);
  EXPECT_EQ(b->verdict(sound_.fingerprint), Verdict::kInnocent);
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  b->executed(sound_.fingerprint);
  EXPECT_EQ(b->verdict(sound_.fingerprint), Verdict::kInnocent) << "though a's record still says otherwise";
  EXPECT_EQ(open("a")->verdict(sound_.fingerprint), Verdict::kInnocent) << "a sees that b executed it";
  EXPECT_TRUE(b->quarantined().empty());
}

TEST_F(QuarantineTest, WhatAProcessThatLivesHasInHandIsSuspectOnlyOnceItHangsInIt) {
  const auto b = open("b");
  const sportapp::testing::OtherProcess a([this] {
    const auto own = std::move(*InHandFile::open_own(folder_.path() / "a"));
    own->begin(Executing::kDeciding, sound_.fingerprint, "k");
    ::pause();
  });
  std::int64_t since_ms = -1;
  ASSERT_TRUE(sportapp::testing::eventually([&] {
    const auto seen = InHandFile::open_other(folder_.path() / "a");
    return seen && (*seen)->stands(sound_.fingerprint, since_ms);
  }));
  const auto verdict = b->verdict(sound_.fingerprint);
  EXPECT_TRUE(verdict == Verdict::kInnocent || machine_ms() - since_ms >= kHangsAfterMs);
  EXPECT_TRUE(
      sportapp::testing::eventually([&] { return b->verdict(sound_.fingerprint) == Verdict::kSuspect; }));
  EXPECT_GE(machine_ms() - since_ms, kHangsAfterMs);
}

TEST_F(QuarantineTest, APoisonRequestIsQuarantinedOnAllNodesAndForGood) {
  dies_of("a", poison_);
  auto b = open("b");
  EXPECT_EQ(b->verdict(poison_.fingerprint), Verdict::kSuspect);
  EXPECT_EQ(try_apart(*b, poison_), Kind::kFailed);
  EXPECT_EQ(b->verdict(poison_.fingerprint), Verdict::kQuarantined);
  EXPECT_EQ(open("a")->verdict(poison_.fingerprint), Verdict::kQuarantined);
  std::filesystem::remove(folder_.path() / "a");
  b.reset();
  b = open("b");
  EXPECT_EQ(b->verdict(poison_.fingerprint), Verdict::kQuarantined);
  const auto listed = b->quarantined();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].method + listed[0].path, "POST/api-commands/words");
  EXPECT_EQ(listed[0].key, "k-" + poison_.request.body);
  EXPECT_NE(listed[0].what.find("died of it"), std::string::npos);
  const auto answer = b->answer(poison_.fingerprint);
  EXPECT_EQ(answer.status, 500);
  EXPECT_NE(answer.body.find("Request quarantined"), std::string::npos);
}

TEST_F(QuarantineTest, OneThatEndsAProcessThoughItsTrialPassedIsQuarantinedThen) {
  dies_of("a", sound_);
  {
    const auto b = open("b");
    EXPECT_EQ(try_apart(*b, sound_), Kind::kPassed);
    b->on_deciding()(nullptr);
    const journal::Submission submission{"k", {}, {}, sound_.fingerprint};
    b->on_deciding()(&submission);
  }
  EXPECT_EQ(open("a")->verdict(sound_.fingerprint), Verdict::kQuarantined) << "seen in b's record";
  EXPECT_EQ(open("b")->verdict(sound_.fingerprint), Verdict::kQuarantined);
}

TEST_F(QuarantineTest, OneTrialIsEnoughForAllThatAskTheSame) {
  const auto b = open("b");
  int passed = 0;
  for (int i = 0; i < 50; ++i) {
    b->try_apart(sound_.request, sound_.fingerprint,
                 [&](Kind kind) { passed += kind == Kind::kPassed ? 1 : 0; });
  }
  EXPECT_TRUE(loop_.run_until([&] { return passed == 50; }));
}

TEST_F(QuarantineTest, OneThatCannotBeTriedStaysSuspect) {
  dies_of("a", sound_);
  auto given = options("b");
  given.trials.program = folder_.path() / "nothing";
  const auto b = Quarantine::open(given, clock_, loop_);
  EXPECT_EQ(try_apart(*b, sound_), Kind::kNotTried);
  EXPECT_EQ(b->verdict(sound_.fingerprint), Verdict::kSuspect);
}

TEST_F(QuarantineTest, AnotherBuildTriesAgainWhatThisOneQuarantined) {
  {
    const auto own = std::move(*InHandFile::open_own(folder_.path() / "b"));
    own->remember({.request = poison_.fingerprint, .mark = Mark::kQuarantined, .since_ms = 1, .program = 1});
  }
  EXPECT_EQ(open("b")->verdict(poison_.fingerprint), Verdict::kSuspect);
}

TEST_F(QuarantineTest, ANodeThatComesLaterIsSeenThen) {
  const auto b = open("b");
  EXPECT_EQ(b->verdict(sound_.fingerprint), Verdict::kInnocent);
  dies_of("a", sound_);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (b->verdict(sound_.fingerprint) != Verdict::kSuspect && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(b->verdict(sound_.fingerprint), Verdict::kSuspect);
}

TEST_F(QuarantineTest, WithoutAFolderNothingIsEverSuspect) {
  const auto none = Quarantine::open({}, clock_, loop_);
  EXPECT_EQ(none->verdict(poison_.fingerprint), Verdict::kInnocent);
  EXPECT_EQ(none->longest_in_hand_ms(), 0);
  EXPECT_FALSE(none->on_deciding());
}

TEST_F(QuarantineTest, WhereItsRecordsCannotBeKeptNothingIsEverSuspect) {
  dies_of("a", sound_);
  std::filesystem::create_directory(folder_.path() / "b");  // where the file should be
  EXPECT_EQ(open("b")->verdict(sound_.fingerprint), Verdict::kInnocent);
}

}  // namespace
}  // namespace sportapp::quarantine
