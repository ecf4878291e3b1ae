#include "replication/replica.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace sportapp::replication {
namespace {

using failover::Record;
using failover::Role;
using failover::Wish;

class MemoryLog : public Log {
 public:
  std::vector<journal::Entry> entries;

  [[nodiscard]] Position head() const {
    return entries.empty() ? Position{} : Position{entries.back().seq, entries.back().hash};
  }
  [[nodiscard]] std::vector<journal::Entry> next(int count) const {
    std::vector<journal::Entry> made;
    auto last = head();
    for (int i = 0; i < count; ++i) {
      journal::Entry entry{last.seq.next(), Epoch{1}, 0, "key", {}, {"added", 1, "{}"}, {}};
      entry.hash = journal::chained(last.hash, entry);
      last = {entry.seq, entry.hash};
      made.push_back(entry);
    }
    return made;
  }
  void add(const std::vector<journal::Entry>& more) {
    entries.insert(entries.end(), more.begin(), more.end());
  }

  Result<std::optional<Hash>> hash_at(Seq seq) override {
    if (seq == Seq{}) return std::optional<Hash>(Hash{});
    if (seq > head().seq) return std::optional<Hash>();
    return std::optional<Hash>(entries[static_cast<std::size_t>(seq.value - 1)].hash);
  }
  Result<std::vector<journal::Entry>> read(Seq after, std::size_t) override {
    return std::vector<journal::Entry>(entries.begin() + after.value, entries.end());
  }
};

class ReplicaTest : public testing::Test {
 protected:
  void SetUp() override { log.add(log.next(3)); }
  void begin(Epoch promise = {}) {
    replica.emplace(Replica::Options{"a", {"b", "c"}, 1, {}}, promise, log.head(), log, now);
  }
  void tell(std::int64_t epoch, const std::vector<std::string>& in_sync, bool hand_over = false,
            const std::string& primary = "a") {
    Record record{Epoch{epoch}, primary, {}};
    for (const auto& node : in_sync) record.in_sync.push_back({node, {}});
    (void)replica->pinged(now, {1, ++pings, record, hand_over});
    take();
    replica->promise_saved(now, Epoch{epoch});
    take();
  }
  void take() {
    for (auto& action : replica->take_actions()) done.push_back(std::move(action));
  }
  template <class Kind>
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::count_if(
        done.begin(), done.end(), [](const Action& action) { return std::holds_alternative<Kind>(action); }));
  }
  template <class Kind>
  [[nodiscard]] const Kind& last() const {
    for (auto at = done.rbegin(); at != done.rend(); ++at) {
      if (const auto* found = std::get_if<Kind>(&*at)) return *found;
    }
    throw std::runtime_error("it did not ask for that");
  }
  // The number of the last message to that node.
  [[nodiscard]] std::uint64_t sent_to(const std::string& node) const {
    for (auto at = done.rbegin(); at != done.rend(); ++at) {
      const auto* sent = std::get_if<ToSpare>(&*at);
      if (sent == nullptr || sent->node != node) continue;
      return std::visit([](const auto& message) { return message.number; }, sent->message);
    }
    return 0;
  }
  void link(const std::string& node, const Position& head) {
    replica->linked(now, node);
    take();
    replica->answered(now, node, Welcome{sent_to(node), head});
    take();
  }
  void acknowledge(const std::string& node, const Position& head) {
    replica->answered(now, node, Ack{sent_to(node), head});
    take();
  }
  void make_copy() {
    replica->snapshot_made(now, "b", last<MakeSnapshot>().copy, log.head());
    take();
  }
  void read_piece(const std::string& bytes) {
    replica->chunk_read(now, "b", last<ReadChunk>().copy, bytes);
    take();
  }
  std::vector<journal::Entry> open(int count) {
    auto entries = log.next(count);
    replica->batch_opened(now, entries);
    take();
    return entries;
  }
  void commit(const std::vector<journal::Entry>& entries) {
    log.add(entries);
    replica->batch_committed(now, log.head());
    take();
  }
  static Position end_of(const std::vector<journal::Entry>& entries) {
    return {entries.back().seq, entries.back().hash};
  }
  [[nodiscard]] Wish wish() const { return replica->report(now).wish; }

  std::int64_t now = 1000;
  std::uint64_t pings = 0;
  MemoryLog log;
  std::optional<Replica> replica;
  Actions done;
};

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

TEST_F(ReplicaTest, AJournalThatDoesNotContinueInThisOneIsReplaced) {
  begin();
  tell(1, {"a"});
  link("b", {Seq{2}, Hash{9}});
  EXPECT_EQ(count<MakeSnapshot>(), 1U);
  make_copy();
  read_piece("copy");
  const auto& chunk = std::get<Chunk>(last<ToSpare>().message);
  EXPECT_TRUE(chunk.last);
  acknowledge("b", log.head());
  EXPECT_EQ(count<DropSnapshot>(), 1U);
  EXPECT_EQ(wish(), (Wish{Wish::Kind::kAdmit, "b"}));
}

TEST_F(ReplicaTest, WhatIsToldOfAnEarlierCopyIsNotTakenForThisOnes) {
  begin();
  tell(1, {"a"});
  link("b", {Seq{2}, Hash{9}});
  const auto first = last<MakeSnapshot>().copy;
  replica->unlinked(now, "b");
  link("b", {Seq{2}, Hash{9}});
  replica->snapshot_made(now, "b", first, log.head());
  take();
  EXPECT_EQ(count<ReadChunk>(), 0U) << "the file is being written yet";
  make_copy();
  ASSERT_EQ(count<ReadChunk>(), 1U);
  replica->chunk_read(now, "b", first, std::string("old"));
  take();
  EXPECT_FALSE(std::holds_alternative<Chunk>(last<ToSpare>().message));
  read_piece("new");
  EXPECT_EQ(std::get<Chunk>(last<ToSpare>().message).bytes, "new");
}

TEST_F(ReplicaTest, ANodeThatTakesACopySlowlyIsNotLateWhileItGetsOn) {
  begin();
  tell(1, {"a"});
  link("b", {Seq{2}, Hash{9}});
  make_copy();
  const ShippingLimits limits;
  const std::string piece(limits.chunk_bytes, 'x');
  std::vector<std::uint64_t> numbers;
  while (count<ReadChunk>() > numbers.size()) {
    read_piece(piece);
    numbers.push_back(sent_to("b"));
  }
  ASSERT_GT(numbers.size(), 3U) << "several are on their way at a time";
  for (const auto number : numbers) {
    now += limits.late_catching_up_ms - 1;
    replica->answered(now, "b", Ack{number, {}});
    take();
  }
  EXPECT_EQ(count<Cut>(), 0U);
  read_piece(piece);
  now += limits.late_catching_up_ms;
  replica->tick(now);
  take();
  EXPECT_EQ(count<Cut>(), 1U);
}

class FollowerTest : public ReplicaTest {
 protected:
  void SetUp() override {
    ReplicaTest::SetUp();
    begin(Epoch{3});
    hello(1);
  }
  void hello(std::uint64_t link) {
    replica->received(now, link, "b", Hello{Epoch{3}, 1});
    take();
  }
  void append(std::uint64_t link, std::uint64_t number, const Position& previous,
              std::vector<journal::Entry> entries) {
    replica->received(now, link, "b", Append{Epoch{3}, number, previous, std::move(entries)});
    take();
  }
  void chunk(std::uint64_t link, std::uint64_t number, std::uint64_t offset, const std::string& bytes,
             bool is_last = false) {
    replica->received(now, link, "b", Chunk{Epoch{3}, number, offset, is_last, {}, bytes});
    take();
  }
  void written() {
    replica->chunk_written(now, {});
    take();
  }
};

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
  EXPECT_EQ(count<ToPrimary>(), 1U);
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
  EXPECT_EQ(count<ToPrimary>(), 1U);  // the journal is busy
  log.add(entries);
  replica->appended(now, log.head());
  take();
  EXPECT_EQ(count<ToPrimary>(), 2U);
  EXPECT_EQ(std::get<Welcome>(last<ToPrimary>().message).head, log.head());
}

TEST_F(FollowerTest, AcknowledgesAPieceOfACopyOnceItIsOnDisk) {
  chunk(1, 2, 0, "co");
  EXPECT_EQ(last<WriteChunk>().bytes, "co");
  chunk(1, 3, 2, "py", true);
  EXPECT_EQ(count<WriteChunk>(), 1U) << "one after the other";
  EXPECT_EQ(count<ToPrimary>(), 1U);
  written();
  EXPECT_EQ(std::get<Ack>(last<ToPrimary>().message).number, 2U);
  EXPECT_EQ(last<WriteChunk>().offset, 2U);
  EXPECT_EQ(count<InstallSnapshot>(), 0U);
  written();
  EXPECT_EQ(count<InstallSnapshot>(), 1U);
  EXPECT_EQ(count<ToPrimary>(), 2U) << "it is not in place yet";
  const Position copied{Seq{9}, Hash{9}};
  replica->installed(now, copied);
  take();
  EXPECT_EQ(std::get<Ack>(last<ToPrimary>().message).number, 3U);
  EXPECT_EQ(std::get<Ack>(last<ToPrimary>().message).head, copied);
}

TEST_F(FollowerTest, ACopyWhoseLinkBrokeIsNotPutInPlaceAndTheNextBeginsAfterIt) {
  chunk(1, 2, 0, "old", true);
  replica->link_down(now, 1);
  hello(2);
  EXPECT_EQ(count<ToPrimary>(), 1U) << "the piece is being written yet";
  written();
  EXPECT_EQ(count<InstallSnapshot>(), 0U);
  EXPECT_EQ(count<ToPrimary>(), 2U);
  chunk(2, 2, 0, "new", true);
  EXPECT_EQ(last<WriteChunk>().bytes, "new");
  written();
  EXPECT_EQ(count<InstallSnapshot>(), 1U);
}

TEST_F(FollowerTest, ACopyThatCannotBeWrittenIsGivenUp) {
  chunk(1, 2, 0, "copy", true);
  replica->chunk_written(now, Error{Retry::kLater, "disk full"});
  take();
  EXPECT_EQ(count<InstallSnapshot>(), 0U);
  EXPECT_NE(last<CutPrimary>().why.find("disk full"), std::string::npos);
  hello(2);
  EXPECT_EQ(last<ToPrimary>().link, 2U);
}

TEST_F(FollowerTest, WhoseJournalTakesNothingIsNoSpare) {
  replica->journal_failing(now, "disk full");
  append(1, 2, log.head(), {});
  EXPECT_EQ(last<CutPrimary>().why, "disk full");
  replica->journal_able(now, log.head());
  hello(2);
  EXPECT_EQ(last<ToPrimary>().link, 2U);
}

}  // namespace
}  // namespace sportapp::replication
