#include "ha/failover/testing.hpp"

namespace sportapp::failover {
namespace {

using testing::acting;
using testing::MonitorTest;
using testing::waiting;

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
