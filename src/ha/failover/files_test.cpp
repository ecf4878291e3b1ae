// Nodes whose files are not what was written, and a record that is lost.
#include "ha/failover/testing.hpp"

namespace sportapp::failover {
namespace {

using testing::acting;
using testing::damaged_journal;
using testing::MonitorTest;
using testing::waiting;

TEST_F(MonitorTest, ALostRecordIsWrittenAnewWhereOneJournalContainsTheOthers) {
  begin({});
  for (const auto& node : {"a", "b", "c"}) hear(node, waiting(4, node == std::string("b") ? 7 : 5));
  EXPECT_EQ(save(), Record{}) << "nobody was asked yet whether it has what the others have";
  hear("a", waiting(4, 5));
  hear("b", waiting(4, 7));
  EXPECT_EQ(save(), Record{});
  auto told_more = waiting(4, 5);
  told_more.told = Epoch{6};
  hear("c", told_more);
  EXPECT_EQ(save(), (Record{Epoch{7}, "b", {{"b", Epoch{4}}}}));
  EXPECT_EQ(floor.seq, Seq{7});
}

TEST_F(MonitorTest, ALostRecordStaysLostWhereJournalsPart) {
  begin({});
  for (int i = 0; i < 3; ++i) {
    hear("a", waiting(4, 5));
    hear("b", waiting(4, 7), i == 0);  // at first it is asked for nothing
    hear("c", waiting(4, 5));
  }
  EXPECT_EQ(save(), Record{});
  EXPECT_NE(monitor->alarm().find("promote SERVICE b --force"), std::string::npos) << monitor->alarm();
}

TEST_F(MonitorTest, ALostRecordIsNotGuessedFromADamagedJournal) {
  begin({});
  const auto damaged = damaged_journal(4, 5, Damage::kShort);
  for (int i = 0; i < 3; ++i) {
    hear("a", waiting(4, 5));
    hear("b", damaged);
    hear("c", waiting(4, 5));
  }
  EXPECT_EQ(save(), Record{});
}

TEST_F(MonitorTest, WhereTheRecordIsLostAPrimaryThatActsStaysIt) {
  begin({});
  hear("a", acting(Role::kSpare, 4, 8));  // a batch that is not committed yet
  hear("b", acting(Role::kPrimary, 4, 7));
  const auto damaged = damaged_journal(3, 5, Damage::kShort);
  hear("c", damaged);
  EXPECT_EQ(save().primary, "b");
}

TEST_F(MonitorTest, WhereTheRecordIsLostOneThatActsWhileAnotherPromisedMoreIsNotTheLastPrimary) {
  begin({});
  for (int i = 0; i < 2; ++i) {
    hear("a", acting(Role::kPrimary, 4, 8));
    hear("b", waiting(5, 9));
    hear("c", waiting(4, 5));
  }
  EXPECT_EQ(save().primary, "b");
}

TEST_F(MonitorTest, ARecordOlderThanAPromiseIsALostOne) {
  all_is_well();
  hear("a", acting(Role::kPrimary, 5, 12));
  hear("b", acting(Role::kSpare, 5, 12));
  hear("c", acting(Role::kSpare, 5, 12));
  EXPECT_EQ(monitor->ping("a").record, Record{});
  for (int i = 0; i < 2; ++i) {
    for (const auto& node : {"b", "c"}) hear(node, acting(Role::kSpare, 5, 12));
    hear("a", acting(Role::kPrimary, 5, 12));
  }
  EXPECT_EQ(save(), (Record{Epoch{6}, "a", {{"a", Epoch{5}}}}));
}

TEST_F(MonitorTest, WhoeverLacksWhatThePrimaryCommittedTakesNobodysPlace) {
  all_is_well();
  hear("a", acting(Role::kPrimary, 3, 20));
  EXPECT_EQ(monitor->ping("b").floor.seq, Seq{20});
  monitor->lost(now, "b", "gone");
  auto another_run = waiting(3, 10);
  another_run.run = 2;
  hear("b", another_run, false);
  EXPECT_EQ(save(), (Record{Epoch{4}, "a", {{"a", Epoch{3}}, {"c", Epoch{3}}}}));
  monitor->lost(now, "a", "gone");
  EXPECT_EQ(save(), (Record{Epoch{5}, "c", {{"c", Epoch{3}}}}));
  EXPECT_EQ(floor.seq, Seq{20});
}

TEST_F(MonitorTest, OfTwoInSyncTheOneThatLostEntriesIsNotPromotedThoughItWasPrimary) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}, {Seq{9}, {}}});
  hear("a", waiting(3, 0), false);
  EXPECT_EQ(save(), Record{}) << "b may come";
  hear("b", waiting(3, 10));
  EXPECT_EQ(save(), (Record{Epoch{4}, "b", {{"b", Epoch{3}}}}));
}

TEST_F(MonitorTest, WhenEverythingStartsTheLongestJournalCountsThoughThePrimaryIsThere) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}});
  hear("a", waiting(3, 10));
  pass(500);
  EXPECT_EQ(save(), Record{});
  hear("b", waiting(3, 12));
  EXPECT_EQ(save().primary, "b");
}

TEST_F(MonitorTest, ADamagedMemberIsDroppedAndADamagedPrimaryReplaced) {
  all_is_well();
  const auto damaged = damaged_journal(3, 10, Damage::kBroken, "an entry has changed");
  hear("b", damaged);
  EXPECT_EQ(save(), (Record{Epoch{4}, "a", {{"a", Epoch{3}}, {"c", Epoch{3}}}}));
  hear("a", damaged);
  EXPECT_EQ(save().primary, "c");
}

TEST_F(MonitorTest, WhereNobodyHasEverythingAPersonIsToldWhatCanBeDone) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}, {Seq{9}, {}}});
  const auto damaged = damaged_journal(3, 7, Damage::kShort, "its journal lost its end");
  hear("a", damaged);
  hear("b", waiting(3, 5), false);
  hear("c", waiting(0));
  pass(3000);
  EXPECT_EQ(save(), Record{});
  EXPECT_NE(
      monitor->alarm().find("a: its journal lost its end; b: lacks entries up to 9, acknowledged earlier"),
      std::string::npos)
      << monitor->alarm();
  EXPECT_NE(monitor->alarm().find("go on from entry 7 of a"), std::string::npos) << monitor->alarm();
  ASSERT_TRUE(monitor->force("a"));
  EXPECT_EQ(save(), (Record{Epoch{4}, "a", {{"a", Epoch{3}}}}));
  EXPECT_EQ(floor.seq, Seq{7});
  EXPECT_EQ(forced, Epoch{4});
  EXPECT_EQ(monitor->floor().seq, Seq{7});
}

TEST_F(MonitorTest, WhatIsWrongWithAnotherMemberIsToldWhereEverythingStarts) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}});
  hear("b", waiting(1, 10));
  hear("a", waiting(3, 10));
  EXPECT_EQ(save().primary, "a");
  const auto events = monitor->take_events();
  ASSERT_FALSE(events.empty());
  EXPECT_NE(events.back().cause.find("b: lost its disk"), std::string::npos) << events.back().cause;
}

TEST_F(MonitorTest, AJournalThatCannotBeUsedIsNotForced) {
  all_is_well();
  const auto damaged = damaged_journal(3, 10, Damage::kBroken, "an entry has changed");
  hear("b", damaged);
  (void)save();
  EXPECT_FALSE(monitor->force("b"));
}

TEST_F(MonitorTest, WhyAPrimaryGaveUpIsTheCauseOfItsReplacement) {
  all_is_well();
  auto full = acting(Role::kPrimary, 3, 10);
  full.able = false;
  full.why = "the disk is full";
  hear("a", full);
  const auto events = monitor->take_events();
  ASSERT_FALSE(events.empty());
  EXPECT_NE(events.back().cause.find("the disk is full"), std::string::npos) << events.back().cause;
}

}  // namespace
}  // namespace sportapp::failover
