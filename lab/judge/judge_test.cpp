// The judge judged: of each thing that must not be there is one, and it is found; where there is none, none
// is.
#include "lab/judge/judge.hpp"

#include <gmock/gmock.h>

#include "lab/judge/testing.hpp"

namespace sportapp::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class JudgeTest : public JudgeFixture {};

TEST_F(JudgeTest, WhereAllIsWellNothingIsFound) {
  for (int number = 1; number <= kUsers; number += 3) requests_.push_back(read_of(number));
  for (const auto* what :
       {"failed", "lost", "doubled", "different", "stale", "unasked", "reordered", "behind"}) {
    evidence_.expectations.push_back({what, Expectation::Bound::kAtMost, 0});
  }
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), IsEmpty());
  EXPECT_TRUE(judgement.pass);
  EXPECT_EQ(judgement.line, "0 of 400 requests failed; nothing lost, nothing doubled");
  EXPECT_EQ(judgement.tallied.counts.acknowledged, 400);
}

TEST_F(JudgeTest, OneLost) {
  tamper_both("DELETE FROM entries WHERE key='key-17'");
  evidence_.expectations.push_back({"lost", Expectation::Bound::kAtMost, 0});
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), ElementsAre(Pair("lost", 1)));
  EXPECT_THAT(judgement.findings.lost.examples, ElementsAre(HasSubstr("u-17 of request 17 (key key-17)")));
  EXPECT_FALSE(judgement.pass);
  ASSERT_EQ(judgement.broken.size(), 1U);
  EXPECT_EQ(judgement.broken[0].what + ": " + judgement.broken[0].wanted + ", " + judgement.broken[0].found,
            "lost: at most 0, 1");
  EXPECT_THAT(judgement.line, HasSubstr("1 lost, nothing doubled"));
}

TEST_F(JudgeTest, LostAtTheEndOfAllJournals) {
  tamper_both("DELETE FROM entries WHERE seq > 297");
  EXPECT_THAT(found(judged()), ElementsAre(Pair("lost", 3)));
}

TEST_F(JudgeTest, WhatWasNotAcknowledgedMayBeThereOrNot) {
  at(17).outcome = "cut";
  at(18).outcome = "503";
  at(17).answer = at(18).answer = at(17).position = at(18).position = "";
  tamper_both("DELETE FROM entries WHERE key='key-17'");
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), IsEmpty());
  EXPECT_EQ(judgement.tallied.counts.failed, 2);
  EXPECT_THAT(judgement.tallied.failed_by, ElementsAre(Pair("503", 1), Pair("cut", 1)));
}

TEST_F(JudgeTest, OneKeyTwice) {
  tamper_both(
      "CREATE TABLE other AS SELECT * FROM entries; DROP TABLE entries; ALTER TABLE other RENAME TO entries;"
      "INSERT INTO entries SELECT 301, epoch, time_ms, key, fingerprint, type, version, payload, status, "
      "answer,"
      " '', hash FROM entries WHERE seq=17");
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), ElementsAre(Pair("doubled", 1)));
  EXPECT_THAT(judgement.findings.doubled.examples, ElementsAre(HasSubstr("301 (key key-17")));
}

TEST_F(JudgeTest, OneNameAndOneIdTwiceUnderAnotherKey) {
  tamper_both(
      "INSERT INTO entries SELECT 301, epoch, time_ms, 'other', fingerprint, type, version, payload, status, "
      "answer, location, hash FROM entries WHERE seq=17");
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), ElementsAre(Pair("doubled", 2), Pair("unasked", 1)));
  EXPECT_THAT(judgement.findings.doubled.examples,
              ElementsAre(HasSubstr("id 17 was given again by entry 301"),
                          HasSubstr("'u-17' appears again, entry 301")));
}

TEST_F(JudgeTest, OneThatNobodyAskedFor) {
  requests_.erase(requests_.begin() + 41);
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), ElementsAre(Pair("unasked", 1)));
  EXPECT_THAT(judgement.findings.unasked.examples,
              ElementsAre(HasSubstr("users: entry 42 (key key-42, UserRegistered")));
}

TEST_F(JudgeTest, WhatAServiceTookInFromOthersNeedsNobodyToAsk) {
  tamper_both("UPDATE entries SET key=' products/0000000000000000042' WHERE seq=42");
  requests_.erase(requests_.begin() + 41);
  EXPECT_THAT(found(judged()), IsEmpty());
}

TEST_F(JudgeTest, OneAnsweredDifferently) {
  at(17).answer = body_of(18);
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), ElementsAre(Pair("different", 1)));
  EXPECT_THAT(judgement.findings.different.examples,
              ElementsAre(::testing::AllOf(HasSubstr("request 17 (key key-17)"), HasSubstr(body_of(18)),
                                           HasSubstr(body_of(17)))));
}

TEST_F(JudgeTest, OneRefusedThatIsThere) {
  at(17).outcome = "409";
  at(17).answer = R"({"error":"username u-17 is taken"})";
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), ElementsAre(Pair("different", 1)));
  EXPECT_THAT(judgement.findings.different.examples,
              ElementsAre(::testing::AllOf(HasSubstr("request 17 (key key-17) was refused, 409"),
                                           HasSubstr("is taken"), HasSubstr(body_of(17)))));
  tamper_both("DELETE FROM entries WHERE key='key-17'");
  EXPECT_THAT(found(judged()), IsEmpty());
}

TEST_F(JudgeTest, OneKeyAnsweredTwiceAndNotAlike) {
  auto again = at(17);
  again.number = 301;
  requests_.push_back(again);
  EXPECT_THAT(found(judged()), IsEmpty()) << "the first answer again is as it should be";
  requests_.back().answer = body_of(301);
  EXPECT_THAT(found(judged()), ElementsAre(Pair("different", 1)));
}

TEST_F(JudgeTest, OneToldAnotherPosition) {
  at(300).position = "users=301";
  EXPECT_THAT(found(judged()), ElementsAre(Pair("different", 1)));
}

TEST_F(JudgeTest, OneReordered) {
  // It was sent when all the others had been acknowledged, and its place is before most of theirs.
  at(50).due_us = at(50).sent_us = kUsers * kEveryUs + kTookUs + 1;
  at(50).answered_us = at(50).sent_us + kTookUs;
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), ElementsAre(Pair("reordered", 1)));
  EXPECT_THAT(judgement.findings.reordered.examples,
              ElementsAre(HasSubstr("got position 50, after 300 had")));
}

TEST_F(JudgeTest, ThoseUnderWayTogetherMayHaveAnyOrder) {
  for (int number = 100; number < 200; ++number) {
    at(number).sent_us = at(100).sent_us;
    at(number).answered_us = at(200).sent_us - number;  // the later ones are answered first
  }
  EXPECT_THAT(found(judged()), IsEmpty());
}

TEST_F(JudgeTest, OneStaleRead) {
  requests_.push_back(read_of(17));
  requests_.back().outcome = "404";
  requests_.back().answer = R"({"status":404})";
  auto judgement = judged();
  EXPECT_THAT(found(judgement), ElementsAre(Pair("stale", 1)));
  EXPECT_THAT(judgement.findings.stale.examples,
              ElementsAre(HasSubstr("/api-queries/users/17 at users=17: 404")));
  requests_.back().outcome = "200";
  requests_.back().answer = body_of(16);
  EXPECT_THAT(found(judged()), ElementsAre(Pair("stale", 1)));
}

TEST_F(JudgeTest, AReadThatWasPromisedNothingIsNotStale) {
  requests_.push_back(read_of(17));
  requests_.back().outcome = "503";
  requests_.back().retry_after = "1";
  requests_.push_back(read_of(18));
  requests_.back().outcome = "404";
  requests_.back().position_asked = "";
  requests_.push_back(read_of(19));
  requests_.back().expected = std::string(1000, 'x');
  requests_.back().answer = std::string(kAnswerBytesOfRead, 'x');  // as much of it as is kept
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), IsEmpty());
  EXPECT_EQ(judgement.tallied.counts.failed, 1) << "503 is not stale; nobody allowed it either";
  EXPECT_EQ(judgement.tallied.counts.not_yet, 1);
}

TEST_F(JudgeTest, JournalsThatDiffer) {
  tamper(b_, "UPDATE entries SET answer='{}' WHERE seq=100");
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), ElementsAre(Pair("different", 1)));
  EXPECT_THAT(judgement.findings.different.examples,
              ElementsAre("users: the journal of b differs from that of a from entry 100 on"));
}

TEST_F(JudgeTest, AJournalThatIsBehindIsNoOther) {
  tamper(a_, "DELETE FROM entries WHERE seq > 280");
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), IsEmpty()) << "the longest counts, whosever it is";
  EXPECT_EQ(judgement.measures.at("behind"), 20);
}

TEST_F(JudgeTest, AMissingJournalIsAnError) {
  std::filesystem::remove(b_);
  evidence_.requests = folder_.path() / "requests.tsv";
  evidence_.journals = {{"users", {{"a", a_}, {"b", b_}}}};
  const auto judgement = judge(evidence_);
  ASSERT_FALSE(judgement);
  EXPECT_THAT(judgement.error().what, HasSubstr("users-commands-b"));
  evidence_.journals = {{"users", {}}};
  EXPECT_FALSE(judge(evidence_));
}

TEST_F(JudgeTest, TheJournalsOfADataFolder) {
  const auto journals = journals_in(folder_.path(), "users");
  ASSERT_EQ(journals.size(), 2U);
  EXPECT_EQ(journals[0].node, "a");
  EXPECT_EQ(journals[1].file, b_);
  EXPECT_THAT(journals_in(folder_.path(), "orders"), IsEmpty());
}

TEST_F(JudgeTest, AnUnknownMeasureIsAnError) {
  evidence_.expectations.push_back({"speed", Expectation::Bound::kAtMost, 0});
  const auto judgement = judge(evidence_);
  ASSERT_FALSE(judgement);
  EXPECT_THAT(judgement.error().what, HasSubstr("'speed'"));
}

TEST_F(JudgeTest, EveryMeasureIsMeasuredAndWhatWasNotHoldsNothing) {
  for (const auto& measure : measures()) {
    evidence_.expectations.push_back({std::string(measure.name), Expectation::Bound::kAtLeast, 1e12});
  }
  const auto judgement = judged();
  EXPECT_EQ(judgement.broken.size(), measures().size());
  EXPECT_EQ(judgement.measures.size(), measures().size());
  const auto outage =
      std::find_if(judgement.broken.begin(), judgement.broken.end(),
                   [](const BrokenExpectation& broken) { return broken.what == "outage_worst_ms"; });
  ASSERT_NE(outage, judgement.broken.end());
  EXPECT_EQ(outage->found, "none to measure");
}

}  // namespace
}  // namespace sportapp::lab
