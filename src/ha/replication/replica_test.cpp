#include "ha/replication/testing.hpp"

namespace sportapp::replication {
namespace {

using failover::Record;
using failover::Role;
using failover::Wish;
using testing::FollowerTest;
using testing::ReplicaTest;

TEST_F(ReplicaTest, ABatchPassesWhenEveryNodeInSyncHasIt) {
  begin();
  tell(1, {"a", "b", "c"});
  link("b", log.head());
  link("c", log.head());
  const auto entries = open(2);
  acknowledge("b", end_of(entries));
  EXPECT_EQ(count<Release>(), 0U);
  acknowledge("c", end_of(entries));
  EXPECT_EQ(count<Release>(), 1U);
}

TEST_F(ReplicaTest, ABatchIsWrittenWhenEveryNodeInSyncHasTakenItAndAnsweredWhenEachHasIt) {
  begin();
  tell(1, {"a", "b", "c"});
  link("b", log.head());
  link("c", log.head());
  const auto entries = open(2);
  have_taken("b", end_of(entries));
  EXPECT_EQ(count<Release>(), 0U);
  have_taken("c", end_of(entries));
  ASSERT_EQ(count<Release>(), 1U);
  EXPECT_FALSE(last<Release>().confirmed);
  acknowledge("c", end_of(entries));
  EXPECT_EQ(count<Confirm>(), 0U);
  acknowledge("b", end_of(entries));
  EXPECT_EQ(count<Confirm>(), 1U);
  EXPECT_EQ(count<Release>(), 1U);
}

TEST_F(ReplicaTest, WhatWasTakenOfAnEarlierBatchOrOverAnEarlierLinkSaysNothing) {
  begin();
  tell(1, {"a", "b"});
  link("b", log.head());
  const auto first = open(1);
  have_taken("b", end_of(first));
  acknowledge("b", end_of(first));
  commit(first);
  const auto second = open(1);
  have_taken("b", end_of(first));
  EXPECT_EQ(count<Release>(), 1U);
  have_taken("b", end_of(second));
  EXPECT_EQ(count<Release>(), 2U);
  link("b", log.head());  // another process: what the first one had taken is gone
  EXPECT_EQ(count<Confirm>(), 1U);
  acknowledge("b", end_of(second));
  EXPECT_EQ(count<Confirm>(), 2U);
}

TEST_F(ReplicaTest, ABatchThatIsWrittenIsNotAnsweredByWhoMustAbdicate) {
  begin();
  tell(1, {"a", "b"});
  link("b", log.head());
  const auto entries = open(1);
  have_taken("b", end_of(entries));
  EXPECT_EQ(count<Release>(), 1U);
  hear_of("b", 2);
  EXPECT_EQ(count<RollBack>(), 1U);
  commit(entries);
  replica->stopped(now);
  take();
  EXPECT_EQ(count<Confirm>(), 0U);
  EXPECT_EQ(replica->report(now).head, end_of(entries));
}

TEST_F(ReplicaTest, AJournalThatCouldNotBeOpenedHoldsNothingYet) {
  begin();
  replica.emplace(Replica::Options{"a", {"b"}, 1, {}}, Epoch{1}, Position{}, log, now);
  replica->journal_failing(now, "the disk fails", failover::Damage::kNone, {});
  const failover::Ping ping{1, ++pings, Record{}, false, {}};
  EXPECT_FALSE(replica->pinged(now, ping).report.holds) << "it may have anything";
  replica->journal_able(now, log.head());
  EXPECT_TRUE(replica->pinged(now, ping).report.holds);
}

TEST_F(ReplicaTest, ARefusalPassesWhenTheSparesStillFollow) {
  begin();
  tell(1, {"a", "b"});
  link("b", log.head());
  open(0);
  EXPECT_EQ(count<Release>(), 0U);
  acknowledge("b", log.head());
  EXPECT_EQ(count<Release>(), 1U);
}

TEST_F(ReplicaTest, AnAnswerFromBeforeTheBatchIsNoWordThatTheSpareStillFollows) {
  begin();
  tell(1, {"a", "b"});
  link("b", log.head());
  open(0);
  const auto confirmation = sent_to("b");
  replica->answered(now, "b", Ack{confirmation - 1, log.head()});
  take();
  EXPECT_EQ(count<Release>(), 0U);
}

TEST_F(ReplicaTest, WhoIsAloneWaitsForNobody) {
  begin();
  tell(1, {"a"});
  open(0);
  EXPECT_EQ(count<Release>(), 1U);
}

TEST_F(ReplicaTest, RefusedForAHigherPromiseItRollsBackAndLeads) {
  begin();
  tell(1, {"a", "b"});
  link("b", log.head());
  open(2);
  replica->answered(now, "b", Refuse{sent_to("b"), Epoch{2}});
  take();
  EXPECT_EQ(count<RollBack>(), 1U);
  EXPECT_EQ(count<Release>(), 0U);
  EXPECT_EQ(count<StopLeading>(), 1U);
  EXPECT_EQ(count<HangUp>(), 2U);
  EXPECT_FALSE(replica->decides());
  replica->stopped(now);
  EXPECT_EQ(replica->report(now).role, Role::kWaiting);
}

TEST_F(ReplicaTest, ABatchThatPassedIsNotRolledBack) {
  begin();
  tell(1, {"a"});
  open(2);
  tell(2, {"b"}, false, "b");
  EXPECT_EQ(count<Release>(), 1U);
  EXPECT_EQ(count<RollBack>(), 0U);
}

TEST_F(ReplicaTest, ANodeThatIsGoneIsWaitedForUntilTheRecordLeavesItOut) {
  begin();
  tell(1, {"a", "b"});
  link("b", log.head());
  open(2);
  replica->unlinked(now, "b");
  take();
  EXPECT_EQ(wish(), (Wish{Wish::Kind::kDrop, "b"}));
  EXPECT_EQ(count<Release>(), 0U);
  tell(2, {"a"});
  EXPECT_EQ(count<Release>(), 1U);
}

TEST_F(ReplicaTest, WhatDrainsDoesNotWaitForANodeThatTheRecordLeavesOut) {
  begin();
  tell(1, {"a", "b", "c"});
  link("b", log.head());
  link("c", log.head());
  const auto entries = open(2);
  acknowledge("b", end_of(entries));
  tell(1, {"a", "b", "c"}, true);
  replica->unlinked(now, "c");
  take();
  EXPECT_EQ(count<StopLeading>(), 1U);
  tell(2, {"a", "b"}, true);
  EXPECT_EQ(count<Release>(), 1U);
  commit(entries);
  replica->stopped(now);
  EXPECT_TRUE(replica->report(now).drained);
  EXPECT_EQ(replica->report(now).epoch, Epoch{2});
}

TEST_F(ReplicaTest, ANodeThatHasEverythingIsWaitedForBeforeItIsAdmitted) {
  begin();
  tell(1, {"a"});
  link("b", log.head());
  EXPECT_EQ(wish(), (Wish{Wish::Kind::kAdmit, "b"}));
  const auto entries = open(2);
  EXPECT_EQ(count<Release>(), 0U);
  acknowledge("b", end_of(entries));
  EXPECT_EQ(count<Release>(), 1U);
}

TEST_F(ReplicaTest, NoCommitWaitsForANodeToWhichMuchIsOnItsWay) {
  log.add(log.next(500));
  begin();
  tell(1, {"a"});
  link("b", {});
  EXPECT_EQ(wish(), Wish{});
  commit(open(2));
  EXPECT_EQ(count<Release>(), 1U) << "without it";
  acknowledge("b", log.head());
  EXPECT_EQ(wish(), (Wish{Wish::Kind::kAdmit, "b"}));
  open(2);
  EXPECT_EQ(count<Release>(), 1U) << "not without it any more";
}

TEST_F(ReplicaTest, APledgeEndsByARecordThatLeavesTheNodeOut) {
  begin();
  tell(1, {"a"});
  link("b", log.head());
  replica->unlinked(now, "b");
  take();
  EXPECT_EQ(wish(), (Wish{Wish::Kind::kDrop, "b"}));
  open(2);
  EXPECT_EQ(count<Release>(), 0U);
  tell(2, {"a"});
  EXPECT_EQ(count<Release>(), 1U);
}

TEST_F(ReplicaTest, APledgeOutlivesASwitchoverThatIsGivenUp) {
  begin();
  tell(1, {"a"});
  link("b", log.head());
  EXPECT_EQ(wish(), (Wish{Wish::Kind::kAdmit, "b"}));
  tell(1, {"a"}, true);
  EXPECT_EQ(count<StopLeading>(), 1U);
  replica->stopped(now);
  replica->unlinked(now, "b");
  tell(1, {"a"});
  EXPECT_EQ(count<Lead>(), 2U);
  open(1);
  EXPECT_EQ(count<Release>(), 0U) << "the monitor may admit it by what it heard before";
  tell(2, {"a"});
  EXPECT_EQ(count<Release>(), 1U);
}

TEST_F(ReplicaTest, ANodeIsNotAdmittedWithoutWhatIsBeingCommitted) {
  begin();
  tell(1, {"a"});
  const auto entries = open(2);
  ASSERT_EQ(count<Release>(), 1U);
  link("b", log.head());
  EXPECT_EQ(wish(), Wish{});
  acknowledge("b", end_of(entries));
  EXPECT_EQ(wish(), (Wish{Wish::Kind::kAdmit, "b"}));
  commit(entries);
  EXPECT_EQ(wish(), (Wish{Wish::Kind::kAdmit, "b"}));
}

TEST_F(ReplicaTest, ACommitThatMayHaveFailedEndsThePrimaryship) {
  begin();
  tell(1, {"a"});
  open(2);
  replica->journal_failing(now, "disk full");
  replica->batch_failed(now, "disk full");
  take();
  EXPECT_FALSE(replica->decides());
  EXPECT_FALSE(replica->report(now).able);
  EXPECT_EQ(count<RollBack>(), 0U);
  EXPECT_EQ(count<StopLeading>(), 1U);
}

TEST_F(FollowerTest, SaysWhereItsJournalEndsOnlyUnderAPromiseOnDisk) {
  EXPECT_EQ(std::get<Welcome>(last<ToPrimary>().message).head, log.head());
  replica->received(now, 2, "c", Hello{Epoch{4}, 1});
  take();
  EXPECT_EQ(last<SavePromise>().epoch, Epoch{4});
  EXPECT_EQ(count<ToPrimary>(), 1U);
  append(1, 2, log.head(), {});  // of the older primary
  EXPECT_EQ(std::get<Refuse>(last<ToPrimary>().message).promise, Epoch{4});
  replica->promise_saved(now, Epoch{4});
  take();
  EXPECT_EQ(last<ToPrimary>().link, 2U);
  EXPECT_EQ(std::get<Welcome>(last<ToPrimary>().message).head, log.head());
}

TEST_F(FollowerTest, AcknowledgesWhatIsOnDisk) {
  const auto entries = log.next(2);
  append(1, 2, log.head(), entries);
  EXPECT_EQ(count<AppendToJournal>(), 1U);
  EXPECT_EQ(std::get<Taken>(last<ToPrimary>().message).head, end_of(entries));
  EXPECT_EQ(count<ToPrimary>(), 2U);
  log.add(entries);
  replica->appended(now, log.head());
  take();
  EXPECT_EQ(std::get<Ack>(last<ToPrimary>().message).head, log.head());
}

TEST_F(FollowerTest, DoesNotTakeWhatDoesNotFollowItsJournal) {
  append(1, 2, {log.head().seq, Hash{9}}, log.next(2));
  EXPECT_EQ(count<AppendToJournal>(), 0U);
  EXPECT_EQ(std::get<Welcome>(last<ToPrimary>().message).head, log.head());
}

TEST_F(FollowerTest, WhatCameOnALinkThatIsGoneIsNotAcknowledgedOnTheNext) {
  const auto entries = log.next(2);
  append(1, 2, log.head(), entries);
  replica->link_down(now, 1);
  hello(2);
  EXPECT_EQ(count<ToPrimary>(), 2U);  // the journal is busy
  log.add(entries);
  replica->appended(now, log.head());
  take();
  EXPECT_EQ(count<ToPrimary>(), 3U);
  EXPECT_EQ(std::get<Welcome>(last<ToPrimary>().message).head, log.head());
}

TEST_F(FollowerTest, WhoseJournalTakesNothingIsNoSpare) {
  replica->journal_failing(now, "disk full");
  append(1, 2, log.head(), {});
  EXPECT_EQ(last<CutPrimary>().why, "disk full");
  replica->journal_able(now, log.head());
  hello(2);
  EXPECT_EQ(last<ToPrimary>().link, 2U);
}

TEST_F(ReplicaTest, APrimaryThatLacksWhatCountsElsewhereStopsAndReplacesNobodysJournal) {
  begin();
  tell(1, {"a"});
  replica->linked(now, "b");
  take();
  const auto more = log.next(2);
  const journal::Settled settled{more.back().seq, more.back().hash, Epoch{1}};
  replica->answered(now, "b", Welcome{sent_to("b"), end_of(more), settled});
  take();
  EXPECT_EQ(count<MakeSnapshot>(), 0U);
  EXPECT_EQ(count<StopLeading>(), 1U);
  EXPECT_FALSE(replica->report(now).able);
  EXPECT_NE(replica->report(now).why.find("entry 5, acknowledged earlier, is missing here"),
            std::string::npos);
}

TEST_F(ReplicaTest, WhatAnOperatorAcceptedToLoseIsNotMissing) {
  begin();
  Record record{Epoch{3}, "a", {{"a", {}}}, log.head(), Epoch{3}};
  (void)replica->pinged(now, {1, ++pings, record});
  take();
  replica->promise_saved(now, Epoch{3});
  take();
  replica->linked(now, "b");
  take();
  const auto more = log.next(2);
  replica->answered(now, "b",
                    Welcome{sent_to("b"), end_of(more), {more.back().seq, more.back().hash, Epoch{2}}});
  take();
  EXPECT_EQ(count<MakeSnapshot>(), 1U);
  EXPECT_TRUE(replica->report(now).able);
}

TEST_F(ReplicaTest, OneThatLacksTheFloorSaysSoAndDoesNotLead) {
  begin();
  const auto more = log.next(1);
  Record record{Epoch{2}, "a", {{"a", {}}, {"b", {}}}};
  const auto echo = replica->pinged(now, {1, ++pings, record, false, end_of(more)});
  take();
  EXPECT_EQ(echo.report.checked, end_of(more));
  EXPECT_FALSE(echo.report.holds);
  EXPECT_EQ(count<SavePromise>(), 0U);
  EXPECT_TRUE(replica->pinged(now, {1, ++pings, record, false, log.head()}).report.holds);
  take();
  EXPECT_EQ(count<SavePromise>(), 1U);
}

TEST_F(ReplicaTest, ADamagedJournalAcceptsItsLossOnlyWhereAnOperatorForcedItAsItIs) {
  begin();
  replica->journal_failing(now, "its end is lost", failover::Damage::kShort, log.head());
  Record record{Epoch{2}, "a", {{"a", {}}}, log.head(), Epoch{1}};
  (void)replica->pinged(now, {1, ++pings, record, false, log.head()});
  record.forced = Epoch{2};
  (void)replica->pinged(now, {1, ++pings, record, false, end_of(log.next(1))});  // committed since
  take();
  EXPECT_EQ(count<AcceptLoss>(), 0U);
  (void)replica->pinged(now, {1, ++pings, record, false, log.head()});
  (void)replica->pinged(now, {1, ++pings, record, false, log.head()});
  take();
  EXPECT_EQ(count<AcceptLoss>(), 1U);
  replica->journal_able(now, log.head());
  (void)replica->pinged(now, {1, ++pings, record, false, log.head()});
  take();
  EXPECT_EQ(count<SavePromise>(), 1U);
}

TEST_F(FollowerTest, ADamagedJournalTakesNothingButACopy) {
  begin(Epoch{1});
  hear_of("b", 1);
  log.counts = {Seq{9}, {}, Epoch{1}};
  replica->journal_failing(now, "an entry has changed", failover::Damage::kBroken);
  replica->received(now, 7, "b", Hello{Epoch{1}, 1});
  take();
  EXPECT_EQ(std::get<Welcome>(last<ToPrimary>().message).head, kUnusable);
  EXPECT_EQ(std::get<Welcome>(last<ToPrimary>().message).settled, log.counts);
  replica->received(now, 7, "b", Append{Epoch{1}, 2, log.head(), log.next(1)});
  take();
  EXPECT_EQ(count<AppendToJournal>(), 0U);
}

}  // namespace
}  // namespace sportapp::replication
