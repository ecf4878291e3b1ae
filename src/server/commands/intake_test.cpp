#include "server/commands/intake.hpp"

#include <random>
#include <thread>

#include "server/commands/command_testing.hpp"
#include "tests/support/faulty_disk.hpp"

namespace sportapp::commands {
namespace {

using Strings = std::vector<std::string>;

class IntakeTest : public testing::CommandsTest {};

TEST_F(IntakeTest, EventsBecomeCommandsOnceAndInOrder) {
  happen("One", {"a", "b"});
  happen("Other", {"x"});
  happen("Many", {"c", "d"});
  happen("Other", {"y", "z"});
  ASSERT_TRUE(take_in());
  EXPECT_EQ(rows("words"), (Strings{"a", "b", "c", "d"}));
  EXPECT_EQ(intake_->position(), Seq{7}) << "what is no concern is passed too";
  EXPECT_EQ(told_, Seq{7});
  EXPECT_EQ(journal_->consumed("letters"), Seq{5});
  EXPECT_EQ(journal_->status().head, Seq{3}) << "a run is one entry";
}

TEST_F(IntakeTest, AfterARestartItGoesOnAndNothingCountsTwice) {
  happen("One", {"a", "b"});
  happen("Other", {"x"});
  ASSERT_TRUE(take_in());
  open();
  EXPECT_EQ(intake_->position(), Seq{2});
  happen("One", {"c"});
  ASSERT_TRUE(take_in());
  EXPECT_EQ(rows("words"), (Strings{"a", "b", "c"}));
  EXPECT_FALSE(intake_->write(std::span(events_).first(2))) << "what counts already is refused";
  EXPECT_EQ(rows("words").size(), 3U);
}

TEST_F(IntakeTest, AnEventThatIsNotUnderstoodIsSetAsideAndHoldsUpNothing) {
  happen("One", {"a", "unreadable", "b", "unreadable"});
  ASSERT_TRUE(take_in());
  EXPECT_EQ(rows("words"), (Strings{"a", "b"}));
  EXPECT_EQ(set_aside(), (Strings{"2 what a mess", "4 what a mess"}));
  EXPECT_EQ(intake_->position(), Seq{4});
  open();
  EXPECT_EQ(intake_->position(), Seq{4}) << "what is set aside counts";
}

TEST_F(IntakeTest, OfARunOnlyTheEventThatFailsIsSetAside) {
  happen("Other", {"x"});
  happen("Many", {"a", "b", "bomb", "c"});
  happen("One", {"d", "refused", "e"});
  happen("Many", {"f", "a", "g"});
  ASSERT_TRUE(take_in());
  EXPECT_EQ(rows("words"), (Strings{"a", "b", "c", "d", "e", "f", "g"}));
  EXPECT_EQ(set_aside(), (Strings{"4 a bomb", "7 refused: no such word", "10 unique value stored twice: a"}));
}

TEST_F(IntakeTest, WhatIsSetAsideIsTheSameHoweverTheEventsAreCutIntoBatches) {
  happen("Many", {"a", "bomb", "b", "unreadable"});
  happen("One", {"unreadable", "c", "refused", "d"});
  ASSERT_TRUE(take_in(1));
  EXPECT_EQ(rows("words"), (Strings{"a", "b", "c", "d"}));
  EXPECT_EQ(set_aside(), (Strings{"2 a bomb", "4 what a mess", "5 what a mess", "7 refused: no such word"}));
}

// Syncs fail now and then, and the events come again from the position: with outcomes unknown too.
TEST_F(IntakeTest, WhateverFailsEveryEventCountsOnce) {
  intake_.reset();
  journal_.reset();
  sportapp::testing::FaultyDisk disk;
  open();
  std::mt19937 random(7);
  Strings expected;
  for (int i = 0; i < 60; ++i) {
    const auto word = "w" + std::to_string(i);
    happen(i % 5 == 0 ? "Other" : i % 3 == 0 ? "Many" : "One", {i % 11 == 1 ? "unreadable" : word});
    if (events_.back().event.payload == word && events_.back().event.type != "Other")
      expected.push_back(word);
  }
  int failures = 0;
  while (intake_->position() < events_.back().seq) {
    if (random() % 3 == 0) disk.fail_next_sync();
    const auto begin = static_cast<std::size_t>(intake_->position().value);
    const auto count = std::min<std::size_t>(1 + random() % 9, events_.size() - begin);
    if (intake_->write(std::span(events_).subspan(begin, count))) continue;
    ASSERT_LT(++failures, 100);
    for (int i = 0; i < 200 && !journal_->status().failing.empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  disk.heal();
  EXPECT_GE(failures, 3);
  EXPECT_EQ(rows("words"), expected);
  EXPECT_EQ(set_aside().size(), 6U);
  intake_.reset();
  journal_.reset();
}

TEST_F(IntakeTest, WhatAskedForNothingCountsDurablyBeforeItIsDeletedThere) {
  Intake intake("letters", *domain_, *journal_, {}, {.keep_entries = 8, .keep_keys_s = 0});
  happen("Other", {"a", "b", "c"});
  ASSERT_TRUE(intake.write(events_));
  EXPECT_EQ(journal_->consumed("letters"), Seq{0});
  EXPECT_EQ(intake.position(), Seq{3});
  EXPECT_EQ(journal_->consumed("letters"), Seq{3});
  const auto head = journal_->status().head;
  EXPECT_EQ(intake.position(), Seq{3});
  EXPECT_EQ(journal_->status().head, head) << "once";
}

TEST_F(IntakeTest, NotesOfAnotherAreNotAnsweredByOneEach) {
  Intake intake("letters", *domain_, *journal_, {}, {.keep_entries = 40, .keep_keys_s = 0});
  for (int i = 0; i < 9; ++i) happen("EventsPassed", {"{}"});
  ASSERT_TRUE(intake.write(events_));
  EXPECT_EQ(intake.position(), Seq{9});
  EXPECT_EQ(journal_->consumed("letters"), Seq{0});
  happen("EventsPassed", {"{}"});
  ASSERT_TRUE(intake.write(std::span(events_).last(1)));
  EXPECT_EQ(intake.position(), Seq{10});
  EXPECT_EQ(journal_->consumed("letters"), Seq{10}) << "but before they are deleted";
}

TEST_F(IntakeTest, WhereNothingIsDeletedNothingIsNoted) {
  happen("Other", {"a", "b", "c"});
  ASSERT_TRUE(take_in());
  EXPECT_EQ(intake_->position(), Seq{3});
  EXPECT_EQ(journal_->status().head, Seq{0});
}

TEST_F(IntakeTest, TheHistoryOfWhatWasTakenInIsKeptAndAnotherSIsNotTaken) {
  happen("One", {"a", "b"});
  happen("Other", {"x"});
  for (std::size_t at = 0; at < events_.size(); ++at) {
    events_[at].hash = Hash{static_cast<std::uint8_t>(at + 1)};
    events_[at].previous = at == 0 ? Hash{} : events_[at - 1].hash;
  }
  ASSERT_TRUE(take_in());
  EXPECT_EQ(intake_->place().seq, Seq{3});
  EXPECT_EQ(intake_->place().hash, Hash{3}) << "what asked for nothing counts for that too";
  open();
  EXPECT_EQ(intake_->place().seq, Seq{2});
  EXPECT_EQ(intake_->place().hash, Hash{2});
  auto other = events_[2];
  other.previous = Hash{9};
  EXPECT_FALSE(intake_->write({&other, 1}));
  EXPECT_EQ(intake_->place().seq, Seq{2});
  EXPECT_TRUE(intake_->write(std::span(events_).subspan(2)));
}

TEST_F(IntakeTest, SteppingBackGivesUpWhatAskedForNothing) {
  happen("One", {"a", "b"});
  happen("Other", {"x", "y"});
  ASSERT_TRUE(take_in());
  EXPECT_EQ(intake_->position(), Seq{4});
  EXPECT_TRUE(intake_->step_back());
  EXPECT_EQ(intake_->position(), Seq{2});
  EXPECT_FALSE(intake_->step_back()) << "what counts stays";
  ASSERT_TRUE(take_in());
  EXPECT_EQ(intake_->position(), Seq{4});
  EXPECT_EQ(rows("words").size(), 2U) << "nothing counts twice";
}

}  // namespace
}  // namespace sportapp::commands
