#include "store/journal/testing.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/faulty_disk.hpp"

namespace sportapp::journal {
namespace {

using LeadingTest = FollowerTest;

// A batch that is written, and that its gate has not let be answered.
class WrittenTest : public LeadingTest {
 protected:
  void SetUp() override {
    LeadingTest::SetUp();
    open({.gate = &barrier_, .on_committed = [this](const auto&) { ++told_; }});
    submit("k1", "ana");
    barrier_.wait_for_batches(1);
    barrier_.let_write();
    ASSERT_TRUE(sportapp::testing::eventually([&] { return journal_->status().head == Seq{1}; }));
  }
  void TearDown() override { journal_.reset(); }

  Barrier barrier_;
  std::atomic<int> told_{0};
};

TEST_F(LeadingTest, AGateThatRefusesRollsBackAndEndsTheLead) {
  Barrier barrier;
  open({.gate = &barrier});
  submit("k1", "ana");
  barrier.wait_for_batches(1);
  submit("waits", "luz");
  barrier.open(true);
  EXPECT_TRUE(std::holds_alternative<NotPrimary>(outcomes_.wait("k1")));
  EXPECT_TRUE(std::holds_alternative<NotPrimary>(outcomes_.wait("waits")));
  EXPECT_TRUE(is_passed_on("k2", "leo"));
  EXPECT_FALSE(journal_->status().leading);
  EXPECT_EQ(barrier.seen().size(), 1U) << "what waited was not even decided";
  EXPECT_EQ(count("entries"), 0);
  EXPECT_EQ(count("state_rows"), 0);
  EXPECT_TRUE(barrier.committed_heads().empty());
  barrier.open(false);
  journal_->lead(Epoch{2});
  EXPECT_EQ(std::get<Answered>(add("k3", "ana")).seq, Seq{1});
  EXPECT_EQ(entries_of(*journal_).front().epoch, Epoch{2});
  EXPECT_EQ(barrier.committed_heads(), std::vector<Position>{head_of(*journal_)});
}

TEST_F(WrittenTest, IsAnsweredWhenTheGateSaysSo) {
  EXPECT_EQ(count("entries"), 1);
  EXPECT_EQ(journal_->status().settled.seq, Seq{}) << "it may come to nothing yet";
  EXPECT_EQ(told_, 0);
  EXPECT_TRUE(barrier_.committed_heads().empty());
  barrier_.open();
  EXPECT_EQ(std::get<Answered>(outcomes_.wait("k1")).seq, Seq{1});
  EXPECT_EQ(journal_->status().settled.seq, Seq{1});
  EXPECT_EQ(barrier_.committed_heads(), std::vector<Position>{head_of(*journal_)});
}

TEST_F(WrittenTest, StaysAndIsNotSettledWhereItIsNotToBeAnswered) {
  barrier_.open(true);
  EXPECT_TRUE(std::holds_alternative<NotPrimary>(outcomes_.wait("k1")));
  EXPECT_FALSE(journal_->status().leading);
  EXPECT_EQ(count("entries"), 1);
  EXPECT_EQ(journal_->status().settled.seq, Seq{});
  EXPECT_EQ(told_, 0);
  EXPECT_EQ(barrier_.committed_heads(), std::vector<Position>{head_of(*journal_)});
  barrier_.open(false);
  journal_->lead(Epoch{2});
  EXPECT_TRUE(std::get<Answered>(add_to(*journal_, "k1", "ana")).replayed);
}

TEST_F(LeadingTest, RefusalsAndReplaysGoThroughTheGateToo) {
  Barrier barrier;
  barrier.open();
  open({.gate = &barrier});
  ASSERT_TRUE(added("k1", "ana"));
  EXPECT_TRUE(std::holds_alternative<domain::Refusal>(add("k2", "ana")));
  EXPECT_TRUE(std::get<Answered>(add_to(*journal_, "k1", "ana")).replayed);
  EXPECT_EQ(barrier.seen(), (std::vector<std::size_t>{1, 0, 0}));
  EXPECT_EQ(barrier.committed_heads().size(), 3U);
  barrier.open(true);
  EXPECT_TRUE(std::holds_alternative<NotPrimary>(add_to(*journal_, "k1", "ana")))
      << "another may know better by now";
}

TEST_F(LeadingTest, WhoFollowsWhileABatchIsHeldEndsItAsItsGateSays) {
  for (const bool refuse : {false, true}) {
    sportapp::testing::TempFolder folder;
    Barrier barrier;
    Outcomes outcomes;
    auto journal = Journal::open({.file = folder.path() / "journal.db", .gate = &barrier}, names_, clock_);
    ASSERT_TRUE(journal);
    (*journal)->submit({"k1", {"Add", "ana"}}, outcomes.of("k1"));
    barrier.wait_for_batches(1);
    (*journal)->submit({"waits", {"Add", "luz"}}, outcomes.of("waits"));
    std::promise<Seq> followed;
    (*journal)->follow([&] { followed.set_value((*journal)->status().head); });
    EXPECT_FALSE((*journal)->status().leading);
    (*journal)->submit({"late", {"Add", "leo"}}, outcomes.of("late"));
    EXPECT_TRUE(std::holds_alternative<NotPrimary>(outcomes.wait("late"))) << "at once";
    auto done = followed.get_future();
    EXPECT_EQ(done.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
    barrier.open(refuse);
    ASSERT_EQ(done.wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(done.get(), Seq{refuse ? 0 : 1});
    EXPECT_EQ(std::holds_alternative<NotPrimary>(outcomes.wait("k1")), refuse);
    EXPECT_TRUE(std::holds_alternative<NotPrimary>(outcomes.wait("waits")));
  }
}

TEST_F(LeadingTest, WhoLeadsAgainBeforeItsGateRefusedLeadsAfterwards) {
  Barrier barrier;
  open({.gate = &barrier});
  submit("k1", "ana");
  barrier.wait_for_batches(1);
  submit("waits", "luz");
  journal_->lead(Epoch{7});
  barrier.refuse_what_is_held();
  EXPECT_TRUE(std::holds_alternative<NotPrimary>(outcomes_.wait("k1")));
  const auto waited = outcomes_.wait("waits");
  EXPECT_TRUE(std::holds_alternative<Answered>(waited) || std::holds_alternative<NotPrimary>(waited));
  EXPECT_TRUE(journal_->status().leading);
}

TEST_F(LeadingTest, TheEpochRisesWhileLeading) {
  open();
  ASSERT_TRUE(added("k1", "ana"));
  journal_->lead(Epoch{5});
  ASSERT_TRUE(added("k2", "luz"));
  const auto entries = entries_of(*journal_);
  EXPECT_EQ(entries[0].epoch, Epoch{1});
  EXPECT_EQ(entries[1].epoch, Epoch{5});
}

TEST_F(LeadingTest, WhatFollowsTakesNoCommandsAndWhatLeadsTakesNoEntries) {
  open();
  ASSERT_TRUE(added("k1", "ana"));
  EXPECT_EQ(append(*journal_, {}).error().retry, Retry::kLater);
  open_follower();
  EXPECT_TRUE(std::holds_alternative<NotPrimary>(add_to(*follower_, "k2", "luz")));
  EXPECT_FALSE(follower_->status().leading);
  follower_->lead(Epoch{2});
  EXPECT_TRUE(std::holds_alternative<Answered>(add_to(*follower_, "k2", "luz")));
}

TEST_F(LeadingTest, WithAGateAFailedCommitIsNobodysAnswerAndEndsTheLead) {
  sportapp::testing::FaultyDisk disk;
  Barrier barrier;
  std::atomic<int> failed = 0, recovered = 0;
  open({.gate = &barrier,
        .on_failing = [&](const std::string& why,
                          bool damaged) { failed += why.empty() || damaged ? 100 : 1; },
        .on_recovered = [&] { ++recovered; }});
  submit("k1", "ana");
  barrier.wait_for_batches(1);
  submit("waits", "luz");
  disk.fail_next_sync();
  barrier.open();
  EXPECT_TRUE(std::holds_alternative<NotPrimary>(outcomes_.wait("k1")));
  EXPECT_TRUE(std::holds_alternative<NotPrimary>(outcomes_.wait("waits")));
  barrier.wait_for_failed_commits(1);
  EXPECT_EQ(failed, 1);
  EXPECT_FALSE(journal_->status().leading);
  wait_until_it_writes();
  EXPECT_TRUE(is_passed_on("k2", "leo")) << "writing again is not leading again";
  follow(*journal_);
  EXPECT_EQ(recovered, 1);
  journal_->lead(Epoch{2});
  EXPECT_TRUE(std::holds_alternative<Answered>(add_to(*journal_, "k1", "ana")));
  journal_.reset();
}

TEST_F(LeadingTest, ABatchIsNoLargerThanAFrameCarries) {
  Barrier barrier;
  open({.gate = &barrier});
  submit("first", "zero");
  barrier.wait_for_batches(1);
  const std::string large(std::size_t{1} << 20, 'x');
  for (int i = 0; i < 9; ++i) submit("k" + std::to_string(i), std::to_string(i) + large);
  submit("too large", std::string(kBatchBytesMax, 'y'));
  submit("last", "last");
  barrier.open();
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(std::get<Answered>(outcomes_.wait("k" + std::to_string(i))).seq, Seq{i + 2});
  }
  EXPECT_EQ(std::get<Error>(outcomes_.wait("too large")).retry, Retry::kNever);
  EXPECT_EQ(std::get<Answered>(outcomes_.wait("last")).seq, Seq{11});
  EXPECT_EQ(barrier.seen(), (std::vector<std::size_t>{1, 3, 3, 4}));
}

TEST_F(LeadingTest, AJournalThatEndsAnswersEverythingThatWaits) {
  Barrier barrier;
  open({.gate = &barrier});
  submit("k1", "ana");
  barrier.wait_for_batches(1);
  submit("waits", "luz");
  std::atomic<int> done = 0;
  Reply<Result<Position>> appended, replaced;
  journal_->follow([&] { ++done; });
  journal_->append({}, appended.to());
  journal_->replace(folder_.path() / "none", replaced.to());
  std::thread opens([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    barrier.open();
  });
  journal_.reset();
  opens.join();
  EXPECT_EQ(done, 1);
  EXPECT_FALSE(replaced.wait());
  static_cast<void>(appended.wait());
  static_cast<void>(outcomes_.wait("waits"));
}

}  // namespace
}  // namespace sportapp::journal
