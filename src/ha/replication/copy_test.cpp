// A whole journal on its way to a node, on both sides.
#include "ha/replication/testing.hpp"

namespace sportapp::replication {
namespace {

using failover::Wish;
using testing::FollowerTest;
using testing::ReplicaTest;

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

}  // namespace
}  // namespace sportapp::replication
