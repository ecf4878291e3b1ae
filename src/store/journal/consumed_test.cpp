#include "store/journal/testing.hpp"
#include "tests/support/faulty_disk.hpp"

namespace sportapp::journal {
namespace {

// Names that come from events of the source `letters`.
class ConsumedTest : public JournalTest {
 protected:
  void submit_caused(const std::string& name, std::int64_t after, std::int64_t upto,
                     const std::string& source = "letters") {
    journal_->submit({"", {"Add", name}, Cause{source, Seq{after}, Seq{upto}}}, outcomes_.of(name));
  }
  Outcome add_caused(const std::string& name, std::int64_t after, std::int64_t upto) {
    submit_caused(name, after, upto);
    return outcomes_.wait(name);
  }
  bool counts(const std::string& name, std::int64_t after, std::int64_t upto) {
    return std::holds_alternative<Answered>(add_caused(name, after, upto));
  }
  Retry refusal(const std::string& name, std::int64_t after, std::int64_t upto) {
    return std::get<Error>(add_caused(name, after, upto)).retry;
  }
  std::int64_t letters() { return journal_->consumed("letters").value; }
};

TEST_F(ConsumedTest, EventsCountOnceAndNoneIsPassedOver) {
  open();
  EXPECT_EQ(letters(), 0);
  EXPECT_TRUE(counts("a", 0, 3));
  EXPECT_EQ(letters(), 3);
  EXPECT_EQ(refusal("b", 0, 3), Retry::kLater) << "counts already";
  EXPECT_EQ(refusal("c", 0, 5), Retry::kLater) << "counts in part";
  EXPECT_EQ(refusal("d", 4, 5), Retry::kLater) << "4 did not count";
  EXPECT_TRUE(counts("e", 3, 4));
  EXPECT_EQ(letters(), 4);
  EXPECT_EQ(names_in_events(), (std::vector<std::string>{"a", "e"}));
}

TEST_F(ConsumedTest, EachSourceHasItsOwnPositionAndKeysOfClientsAreNone) {
  open();
  ASSERT_TRUE(counts("a", 0, 1'000'000));
  submit_caused("1", 0, 7, "digits");
  outcomes_.wait("1");
  ASSERT_TRUE(added("letters/0000000000009999999", "x"));
  ASSERT_TRUE(added("~", "y"));
  journal_.reset();
  open();
  EXPECT_EQ(letters(), 1'000'000);
  EXPECT_EQ(journal_->consumed("digits"), Seq{7});
  EXPECT_THROW((void)journal_->consumed("colours"), std::logic_error);
  submit_caused("red", 0, 1, "colours");
  EXPECT_EQ(std::get<Error>(outcomes_.wait("red")).retry, Retry::kNever);
}

TEST_F(ConsumedTest, WhatIsRefusedDoesNotCountAndWhatComesAfterItWaits) {
  Barrier barrier;
  open({.gate = &barrier});
  submit("first", "zero");
  barrier.wait_for_batches(1);
  submit_caused("a", 0, 1);
  submit_caused("bomb", 1, 2);
  submit_caused("c", 2, 3);
  barrier.open();
  EXPECT_TRUE(std::holds_alternative<Answered>(outcomes_.wait("a")));
  EXPECT_EQ(std::get<Error>(outcomes_.wait("bomb")).what, "bomb") << "the cause is told to who set it off";
  EXPECT_EQ(std::get<Error>(outcomes_.wait("c")).retry, Retry::kLater);
  EXPECT_EQ(letters(), 1);
  Outcomes again;
  journal_->submit({"", {"Add", "b"}, Cause{"letters", Seq{1}, Seq{2}}}, again.of("b"));
  EXPECT_TRUE(std::holds_alternative<Answered>(again.wait("b")));
}

TEST_F(ConsumedTest, ABatchThatIsRolledBackCountsForNothing) {
  Barrier barrier;
  open({.gate = &barrier});
  submit_caused("a", 0, 1);
  barrier.wait_for_batches(1);
  barrier.open(true);
  EXPECT_TRUE(std::holds_alternative<NotPrimary>(outcomes_.wait("a")));
  EXPECT_EQ(letters(), 0);
  barrier.open(false);
  journal_->lead(Epoch{2});
  EXPECT_TRUE(counts("b", 0, 1));
}

TEST_F(ConsumedTest, AfterAFailedSyncThePositionIsWhatTheFileHolds) {
  sportapp::testing::FaultyDisk disk;
  open();
  ASSERT_TRUE(counts("a", 0, 1));
  disk.fail_next_sync();
  EXPECT_EQ(refusal("b", 1, 2), Retry::kOutcomeUnknown);
  wait_until_it_writes();
  const auto position = letters();
  const auto names = names_in_events();
  EXPECT_EQ(position, static_cast<std::int64_t>(names.size()))
      << "an event counts exactly if its entry is there";
  EXPECT_TRUE(counts("c", position, position + 1));
  journal_.reset();
}

// By it whoever reads on knows whether the source still has the history that counted here.
TEST_F(ConsumedTest, TheHashOfTheSourceIsKeptWithItsPosition) {
  const Hash hash = Hasher().field("seven").finish();
  open();
  EXPECT_EQ(journal_->consumed_place("letters").hash, Hash{})
      << "before the first event all histories are one";
  journal_->submit({"", {"Add", "a"}, Cause{"letters", Seq{0}, Seq{7}, hash}}, outcomes_.of("a"));
  ASSERT_TRUE(std::holds_alternative<Answered>(outcomes_.wait("a")));
  EXPECT_EQ(journal_->consumed_place("letters").hash, hash);
  journal_.reset();
  open();
  EXPECT_EQ(journal_->consumed_place("letters").seq, Seq{7});
  EXPECT_EQ(journal_->consumed_place("letters").hash, hash);
  ASSERT_TRUE(counts("b", 7, 8));
  EXPECT_EQ(journal_->consumed_place("letters").hash, std::nullopt) << "of a version that keeps none";
}

TEST(HashOfConsumed, IsReadFromNoOtherAnswer) {
  const Hash hash = Hasher().field("seven").finish();
  const auto answer = answer_to_consumed(hash);
  EXPECT_EQ(hash_of_consumed(answer), hash);
  for (std::size_t length = 0; length < answer.size(); ++length) {
    EXPECT_EQ(hash_of_consumed(std::string_view(answer).substr(0, length)), std::nullopt);
  }
  EXPECT_EQ(hash_of_consumed(R"({"id":7})"), std::nullopt);
  EXPECT_EQ(hash_of_consumed(R"({"taken_in":"x"})"), std::nullopt);
}

}  // namespace
}  // namespace sportapp::journal
