#include "failover/monitor.hpp"

#include <gtest/gtest.h>

namespace sportapp::failover {
namespace {

Report waiting(std::int64_t promise, std::int64_t head = 0) {
  Report report;
  report.run = 1;
  report.promise = Epoch{promise};
  report.head.seq = Seq{head};
  return report;
}

Report acting(Role role, std::int64_t epoch, std::int64_t head = 0) {
  auto report = waiting(epoch, head);
  report.role = role;
  report.epoch = Epoch{epoch};
  report.followed = true;
  return report;
}

class MonitorTest : public testing::Test {
 protected:
  void begin(Record saved, std::int64_t fail_back_after_ms = 1000) {
    Monitor::Options options;
    options.nodes = {"a", "b", "c"};
    options.run = 7;
    options.fail_back_after_ms = fail_back_after_ms;
    options.fail_back_max_ms = 60'000;
    monitor.emplace(options, std::move(saved), now);
  }
  // Its journal holds what the ping asks for, unless said otherwise.
  void hear(const std::string& node, Report report, bool holds = true) {
    const auto ping = monitor->ping(node);
    report.checked = ping.floor;
    report.holds = holds;
    monitor->echoed(now, node, {ping.monitor, ping.number, report});
  }
  // Saves what is to be saved; what it was, but for its floor and who forced it; or epoch 0.
  Record save() {
    auto record = monitor->record_to_save();
    if (!record) return {};
    monitor->saved(now, record->epoch);
    floor = record->floor;
    forced = record->forced;
    record->floor = {};
    record->forced = {};
    return *record;
  }
  void pass(std::int64_t ms) {
    now += ms;
    monitor->tick(now);
  }
  // a is primary in `epoch`, all three are in sync and heard.
  void all_is_well(std::int64_t epoch = 3) {
    begin({Epoch{epoch}, "a", {{"a", Epoch{epoch}}, {"b", Epoch{epoch}}, {"c", Epoch{epoch}}}});
    hear("a", acting(Role::kPrimary, epoch, 10));
    hear("b", acting(Role::kSpare, epoch, 10));
    hear("c", acting(Role::kSpare, epoch, 10));
  }

  std::int64_t now = 1000;
  std::optional<Monitor> monitor;
  Position floor;  // of the record saved last
  Epoch forced;
};

TEST_F(MonitorTest, TheFirstRecordNeedsEveryNodesWordAndNamesTheLongestJournal) {
  begin({});
  hear("a", waiting(0, 3));
  hear("b", waiting(0, 5));
  EXPECT_EQ(save(), Record{});
  hear("c", waiting(0, 5));
  EXPECT_EQ(save(), (Record{Epoch{1}, "b", {{"b", Epoch{}}}}));
  EXPECT_EQ(monitor->record().primary, "b");
}

TEST_F(MonitorTest, ALostRecordIsAnAlarmUntilAnOperatorForces) {
  begin({});
  hear("a", waiting(4, 3));
  hear("b", waiting(0));
  hear("c", waiting(0));
  EXPECT_EQ(save(), Record{});
  EXPECT_FALSE(monitor->alarm().empty());
  ASSERT_TRUE(monitor->force("b"));
  EXPECT_EQ(save(), (Record{Epoch{5}, "b", {{"b", Epoch{}}}}));
  EXPECT_TRUE(monitor->alarm().empty());
}

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
  auto damaged = waiting(4, 5);
  damaged.able = false;
  damaged.damage = Damage::kShort;
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
  auto damaged = waiting(3, 5);
  damaged.able = false;
  damaged.damage = Damage::kShort;
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
  auto damaged = waiting(3, 10);
  damaged.able = false;
  damaged.damage = Damage::kBroken;
  damaged.why = "an entry has changed";
  hear("b", damaged);
  EXPECT_EQ(save(), (Record{Epoch{4}, "a", {{"a", Epoch{3}}, {"c", Epoch{3}}}}));
  hear("a", damaged);
  EXPECT_EQ(save().primary, "c");
}

TEST_F(MonitorTest, WhereNobodyHasEverythingAPersonIsToldWhatCanBeDone) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}, {Seq{9}, {}}});
  auto damaged = waiting(3, 7);
  damaged.able = false;
  damaged.damage = Damage::kShort;
  damaged.why = "its journal lost its end";
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
  auto damaged = waiting(3, 10);
  damaged.able = false;
  damaged.damage = Damage::kBroken;
  damaged.why = "an entry has changed";
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

TEST_F(MonitorTest, NothingIsToldBeforeItIsOnDiskAndAFailedWriteIsRepeatedAsItIs) {
  all_is_well();
  monitor->lost(now, "a", "gone");
  const auto record = monitor->record_to_save();
  ASSERT_TRUE(record);
  EXPECT_EQ(monitor->ping("b").record.epoch, Epoch{3});
  monitor->save_failed(now, record->epoch);
  hear("c", acting(Role::kSpare, 3, 50));  // would be the better choice now
  EXPECT_EQ(monitor->record_to_save(), record);
  monitor->saved(now, record->epoch);
  EXPECT_EQ(monitor->ping("b").record, *record);
}

TEST_F(MonitorTest, TheLongestJournalOfThoseInSyncTakesThePlaceOfALostPrimary) {
  all_is_well();
  hear("c", acting(Role::kSpare, 3, 12));
  monitor->lost(now, "a", "gone");
  EXPECT_EQ(save(), (Record{Epoch{4}, "c", {{"c", Epoch{3}}}}));
}

TEST_F(MonitorTest, ANodeThatIsNotInSyncNeverTakesThePlaceOfALostPrimary) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}}});
  hear("b", acting(Role::kSpare, 3, 99));
  pass(3000);
  monitor->lost(now, "a", "gone");
  EXPECT_EQ(save(), Record{});
  EXPECT_FALSE(monitor->alarm().empty());
  // It comes back: under a new epoch, since it promised the old one.
  hear("a", waiting(3, 10));
  EXPECT_EQ(save(), (Record{Epoch{4}, "a", {{"a", Epoch{3}}}}));
}

TEST_F(MonitorTest, AMemberWithoutItsPromiseHasLostItsDiskAndIsDropped) {
  all_is_well();
  hear("b", waiting(0));
  EXPECT_EQ(save(), (Record{Epoch{4}, "a", {{"a", Epoch{3}}, {"c", Epoch{3}}}}));
}

TEST_F(MonitorTest, AMemberWithoutItsPromiseTakesNobodysPlace) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}});
  hear("b", waiting(0));
  pass(3000);
  monitor->lost(now, "a", "gone");
  EXPECT_EQ(save(), Record{});
  EXPECT_FALSE(monitor->alarm().empty());
}

TEST_F(MonitorTest, APrimaryThatLostItsDiskIsReplaced) {
  all_is_well();
  hear("a", waiting(0));
  EXPECT_NE(save().primary, "a");
}

TEST_F(MonitorTest, WhenEverythingStartsTheRecordedPrimaryGetsAMoment) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}});
  monitor->lost(now, "a", "not started yet");
  hear("b", waiting(3, 10));
  pass(500);
  EXPECT_EQ(save(), Record{});
  hear("a", waiting(3, 10));
  EXPECT_EQ(save().primary, "a");
}

TEST_F(MonitorTest, ARestartedMonitorDoesNotWaitWhenTheOthersHadAPrimary) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}});
  hear("b", acting(Role::kSpare, 3, 10));
  monitor->lost(now, "a", "gone");
  EXPECT_EQ(save().primary, "b");
}

TEST_F(MonitorTest, ARestartedMonitorTakesAPrimaryNotYetHeardForAlive) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}});
  hear("b", acting(Role::kSpare, 3, 10));
  pass(10'000);
  EXPECT_EQ(save(), Record{});
}

TEST_F(MonitorTest, AWishUnderAnOldEpochIsNotHeard) {
  all_is_well();
  auto report = acting(Role::kPrimary, 2, 10);
  report.promise = Epoch{3};
  report.wish = {Wish::Kind::kDrop, "b"};
  hear("a", report);
  EXPECT_EQ(save(), Record{});
  report.epoch = Epoch{3};
  hear("a", report);
  EXPECT_EQ(save(), (Record{Epoch{4}, "a", {{"a", Epoch{3}}, {"c", Epoch{3}}}}));
}

TEST_F(MonitorTest, ToDropWhatIsNotInSyncBeginsANewEpochAllTheSame) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}}});
  auto report = acting(Role::kPrimary, 3, 10);
  report.wish = {Wish::Kind::kDrop, "b"};
  hear("a", report);
  EXPECT_EQ(save(), (Record{Epoch{4}, "a", {{"a", Epoch{3}}}}));
}

TEST_F(MonitorTest, ANodeIsAdmittedOnceItsPromiseIsKnown) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}}});
  auto report = acting(Role::kPrimary, 3, 10);
  report.wish = {Wish::Kind::kAdmit, "b"};
  hear("a", report);
  EXPECT_EQ(save(), Record{});
  hear("b", acting(Role::kSpare, 3, 10));
  EXPECT_EQ(save(), (Record{Epoch{4}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}}));
}

TEST_F(MonitorTest, OldEchoesAndThoseOfAnotherRunAreIgnored) {
  all_is_well();
  const auto older = monitor->ping("a");
  hear("a", acting(Role::kPrimary, 3, 10));
  auto dying = acting(Role::kPrimary, 3, 10);
  dying.able = false;
  monitor->echoed(now, "a", {older.monitor, older.number, dying});
  monitor->echoed(now, "a", {6, older.number + 50, dying});
  monitor->echoed(now, "a", {7, older.number + 50, dying});  // of a ping that was never sent
  EXPECT_EQ(save(), Record{});
  EXPECT_TRUE(monitor->node("a").report.able);
}

TEST_F(MonitorTest, AnEchoFromBeforeTheConnectionBrokeDoesNotRaiseTheDead) {
  all_is_well();
  const auto ping = monitor->ping("b");
  monitor->lost(now, "b", "its connection broke");
  monitor->echoed(now, "b", {ping.monitor, ping.number, acting(Role::kSpare, 3, 10)});
  EXPECT_FALSE(monitor->node("b").alive());
}

TEST_F(MonitorTest, APrimaryThatCannotWriteOrStandsDownIsReplaced) {
  all_is_well();
  auto report = acting(Role::kPrimary, 3, 10);
  report.able = false;
  report.why = "disk full";
  hear("a", report);
  EXPECT_NE(save().primary, "a");
  all_is_well();
  hear("a", waiting(3, 10));
  EXPECT_NE(save().primary, "a");
}

TEST_F(MonitorTest, ASwitchoverDrainsThenWritesAllEqualNodesInSync) {
  all_is_well();
  ASSERT_TRUE(monitor->switch_over(now, "b"));
  EXPECT_TRUE(monitor->ping("a").hand_over);
  EXPECT_FALSE(monitor->ping("b").hand_over);
  auto report = acting(Role::kDraining, 3, 12);
  report.drained = true;
  hear("a", report);
  EXPECT_EQ(save(), Record{});  // b lacks two entries still
  hear("b", acting(Role::kSpare, 3, 12));
  EXPECT_EQ(save(), (Record{Epoch{4}, "b", {{"a", Epoch{3}}, {"b", Epoch{3}}}}));
  EXPECT_TRUE(monitor->successor().empty());
  EXPECT_FALSE(monitor->ping("b").hand_over);
}

TEST_F(MonitorTest, ASwitchoverThatTakesTooLongIsGivenUp) {
  all_is_well();
  ASSERT_TRUE(monitor->switch_over(now, "b"));
  pass(2999);
  EXPECT_TRUE(monitor->ping("a").hand_over);
  pass(2);
  EXPECT_FALSE(monitor->ping("a").hand_over);
  EXPECT_EQ(save(), Record{});
}

TEST_F(MonitorTest, ASwitchoverToWhoeverIsNotInSyncIsRefused) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}}});
  hear("a", acting(Role::kPrimary, 3));
  hear("b", acting(Role::kSpare, 3));
  EXPECT_FALSE(monitor->switch_over(now, "b"));
  EXPECT_FALSE(monitor->switch_over(now, "a"));
  EXPECT_FALSE(monitor->switch_over(now, "x"));
}

TEST_F(MonitorTest, ThePreferredNodeThatFailsSoonWaitsTwiceAsLongEachTime) {
  begin({Epoch{3}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}});
  std::int64_t epoch = 3;
  for (const std::int64_t wait_ms : {2000, 4000, 8000}) {
    hear("a", acting(Role::kPrimary, epoch));
    hear("b", acting(Role::kSpare, epoch));
    monitor->lost(now, "a", "gone");
    ASSERT_EQ(save().primary, "b");
    auto primary = acting(Role::kPrimary, ++epoch);
    primary.wish = {Wish::Kind::kAdmit, "a"};
    hear("a", acting(Role::kSpare, epoch));
    hear("b", primary);
    ASSERT_EQ(save().epoch, Epoch{++epoch});
    hear("b", acting(Role::kPrimary, epoch));
    pass(0);
    pass(wait_ms - 1);
    EXPECT_FALSE(monitor->ping("b").hand_over) << wait_ms;
    pass(1);
    EXPECT_TRUE(monitor->ping("b").hand_over) << wait_ms;
    auto drained = acting(Role::kDraining, epoch);
    drained.drained = true;
    hear("b", drained);
    ASSERT_EQ(save().primary, "a");
    ++epoch;
  }
}

}  // namespace
}  // namespace sportapp::failover
