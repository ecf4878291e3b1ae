#include "store/journal/testing.hpp"
#include "tests/support/faulty_disk.hpp"

namespace sportapp::journal {
namespace {

using AppendTest = FollowerTest;

TEST_F(AppendTest, TheFollowerHoldsTheSameAndAnswersAsTheFirstDid) {
  open();
  open_follower();
  add_names(1, 3);
  const auto shipped = ship();
  ASSERT_TRUE(shipped) << shipped.error().what;
  EXPECT_EQ(*shipped, head_of(*journal_));
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
  follow(*journal_);
  follower_->lead(Epoch{2});
  const auto again = std::get<Answered>(add_to(*follower_, "k2", "n2"));
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.seq, Seq{2});
  EXPECT_EQ(again.answer.body, "2");
  EXPECT_TRUE(std::holds_alternative<KeyReused>(add_to(*follower_, "k3", "other")));
  EXPECT_EQ(std::get<domain::Refusal>(add_to(*follower_, "k9", "n1")).status, 409);
  EXPECT_EQ(std::get<Answered>(add_to(*follower_, "k4", "n4")).answer.body, "4");
}

TEST_F(AppendTest, ThereAndBackAgainNothingIsDoneTwice) {
  open();
  open_follower();
  add_names(1, 2);
  ASSERT_TRUE(ship());
  follow(*journal_);
  follower_->lead(Epoch{2});
  ASSERT_TRUE(std::holds_alternative<Answered>(add_to(*follower_, "k3", "n3")));
  follow(*follower_);
  ASSERT_TRUE(append(*journal_, entries_of(*follower_, 2)));
  journal_->lead(Epoch{3});
  EXPECT_TRUE(std::get<Answered>(add_to(*journal_, "k3", "n3")).replayed);
  EXPECT_TRUE(std::get<Answered>(add_to(*journal_, "k1", "n1")).replayed);
  EXPECT_EQ(std::get<Answered>(add_to(*journal_, "k4", "n4")).seq, Seq{4});
}

TEST_F(AppendTest, PositionsOfSourcesFollow) {
  open();
  open_follower();
  journal_->submit({"", {"Add", "a"}, Cause{"letters", Seq{0}, Seq{3}}}, outcomes_.of("a"));
  journal_->submit({"", {"Add", "1"}, Cause{"digits", Seq{0}, Seq{40}, Hash{1}}}, outcomes_.of("1"));
  outcomes_.wait("a");
  outcomes_.wait("1");
  ASSERT_TRUE(ship());
  EXPECT_EQ(follower_->consumed("letters"), Seq{3});
  EXPECT_EQ(follower_->consumed("digits"), Seq{40});
  EXPECT_EQ(follower_->consumed_place("digits").hash, Hash{1});
  EXPECT_EQ(follower_->consumed_place("letters").hash, std::nullopt);
  follower_->lead(Epoch{2});
  follower_->submit({"", {"Add", "b"}, Cause{"letters", Seq{0}, Seq{3}}}, outcomes_.of("b"));
  EXPECT_EQ(std::get<Error>(outcomes_.wait("b")).retry, Retry::kLater) << "counts already";
  follower_->submit({"", {"Add", "b"}, Cause{"letters", Seq{3}, Seq{4}}}, outcomes_.of("c"));
  EXPECT_TRUE(std::holds_alternative<Answered>(outcomes_.wait("c")));
}

TEST_F(AppendTest, WhatDoesNotContinueTheChainIsNotTakenAndItsSeqIsNamed) {
  open();
  open_follower();
  add_names(1, 4);
  const auto entries = entries_of(*journal_);
  const auto refused = [&](std::vector<Entry> given, const std::string& named) {
    const auto result = append(*follower_, std::move(given));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().retry, Retry::kNever);
    EXPECT_NE(result.error().what.find(named), std::string::npos) << result.error().what;
    EXPECT_EQ(follower_->status().head, Seq{});
    EXPECT_TRUE(entries_of(*follower_).empty());
  };
  refused({entries[1]}, "entry 2");
  refused({entries[0], entries[2]}, "entry 3");
  auto changed = entries;
  changed[2].answer.body = "9";
  refused(changed, "entry 3");
  changed = entries;
  changed[0].hash[5] ^= 1;
  refused(changed, "entry 1");
  ASSERT_TRUE(append(*follower_, {entries[0], entries[1]}));
  EXPECT_FALSE(append(*follower_, {entries[1]})) << "already exists";
  EXPECT_TRUE(append(*follower_, {entries[2], entries[3]}));
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
}

TEST_F(AppendTest, WhatTheRulesCannotApplyIsNotTaken) {
  open_follower();
  Entry bomb{Seq{1}, Epoch{1}, 7, "k", std::string(16, 'f'), {"Added", 1, "bomb"}, {200, "1", ""}, {}};
  bomb.hash = chained({}, bomb);
  const auto result = append(*follower_, {bomb});
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().what.find("entry 1"), std::string::npos) << result.error().what;
  EXPECT_EQ(follower_->status().failing, "") << "the disk is well";
  open();
  add_names(1, 2);
  ASSERT_TRUE(added(" retry/letters/7", "kept"));
  ASSERT_TRUE(ship());
  auto twice = entries_of(*journal_).back();
  twice.seq = Seq{4};
  twice.event.payload = "new";
  twice.hash = chained(follower_->status().head_hash, twice);
  EXPECT_FALSE(append(*follower_, {twice})) << "its key is in use, and is never forgotten";
  EXPECT_EQ(follower_->status().failing, "");
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
}

TEST_F(AppendTest, AFailedWriteIsToldAndOverWhenTheDiskIsWellAgain) {
  sportapp::testing::FaultyDisk disk;
  std::atomic<int> failed = 0, recovered = 0;
  open();
  open_follower(
      {.on_failing = [&](const std::string&, bool) { ++failed; }, .on_recovered = [&] { ++recovered; }});
  add_names(1, 2);
  ASSERT_TRUE(ship());
  add_names(3, 3);
  disk.set_full(true);
  EXPECT_FALSE(ship());
  EXPECT_NE(follower_->status().failing.find("free some space"), std::string::npos);
  EXPECT_FALSE(ship()) << "still full";
  disk.set_full(false);
  for (int i = 0; i < 200 && recovered == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(recovered, 1);
  EXPECT_EQ(follower_->status().failing, "");
  EXPECT_TRUE(ship());
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
  follower_.reset();
  journal_.reset();
}

TEST_F(AppendTest, MoreThanMayWaitIsRefusedAtOnceAndAllIsAnswered) {
  open_follower();
  std::promise<void> go_on;
  auto gone_on = go_on.get_future().share();
  follower_->follow([gone_on] { gone_on.wait(); });
  std::atomic<int> written = 0, refused = 0;
  for (int i = 0; i < 1000; ++i) {
    follower_->append({}, [&](const Result<Position>& result) { result ? ++written : ++refused; });
  }
  EXPECT_GT(refused, 0);
  go_on.set_value();
  follow(*follower_);
  EXPECT_EQ(written + refused, 1000);
  EXPECT_GT(written, 0);
}

}  // namespace
}  // namespace sportapp::journal
