// Entries deleted from a journal's beginning: what is known afterwards, here and where it is copied or
// followed.
#include <fstream>

#include "store/journal/copy.hpp"
#include "store/journal/reader.hpp"
#include "store/journal/replace.hpp"
#include "store/journal/testing.hpp"

namespace sportapp::journal {
namespace {

class TrimTest : public FollowerTest {
 protected:
  void SetUp() override { open(); }
  static Result<Trimmed> trim(Journal& journal, std::int64_t upto, std::size_t most = 1000) {
    Reply<Result<Trimmed>> reply;
    journal.trim({Seq{upto}, most, journal.status().opened}, reply.to());
    return reply.wait();
  }
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "journal.db"; }
  void open_again() {
    journal_.reset();
    open();
  }
  void take_in(const std::string& source, std::int64_t after, std::int64_t upto, const std::string& name) {
    journal_->submit({"", {"Add", name}, Cause{source, Seq{after}, Seq{upto}}}, outcomes_.of(name));
    ASSERT_TRUE(std::holds_alternative<Answered>(outcomes_.wait(name)));
  }
  static Hash hash_of_entry(const std::vector<Entry>& entries, std::size_t seq) {
    return entries.at(seq - 1).hash;
  }
};

TEST_F(TrimTest, TheChainGoesOnFromTheBase) {
  add_names(1, 10);
  const auto entries = entries_of(*journal_);
  const auto trimmed = trim(*journal_, 6);
  ASSERT_TRUE(trimmed) << trimmed.error().what;
  EXPECT_EQ(trimmed->base, Seq{6});
  EXPECT_EQ(journal_->status().base, (Position{Seq{6}, hash_of_entry(entries, 6)}));
  EXPECT_EQ(journal_->status().head, Seq{10});
  EXPECT_EQ(count("entries"), 4);
  open_again();
  EXPECT_EQ(journal_->status().base, (Position{Seq{6}, hash_of_entry(entries, 6)}));
  add_names(11, 11);
  EXPECT_EQ(entries_of(*journal_, 6).size(), 5U);
  EXPECT_EQ(entries_of(*journal_, 10).front().hash,
            chained(hash_of_entry(entries, 10), entries_of(*journal_, 10).front()));
}

TEST_F(TrimTest, SomeAtATimeAndNeverTheLast) {
  add_names(1, 5);
  EXPECT_EQ(trim(*journal_, 100, 2)->base, Seq{2});
  EXPECT_EQ(trim(*journal_, 100, 2)->base, Seq{4});
  EXPECT_EQ(trim(*journal_, 100, 2)->base, Seq{4}) << "the last entry stays";
  EXPECT_EQ(trim(*journal_, 1, 2)->base, Seq{4}) << "nothing comes back";
}

TEST_F(TrimTest, TheStateStaysAndKeysGo) {
  add_names(1, 4);
  ASSERT_TRUE(trim(*journal_, 2));
  EXPECT_TRUE(std::get<Answered>(add_to(*journal_, "k3", "n3")).replayed) << "kept";
  const auto anew = add_to(*journal_, "k1", "n1");
  EXPECT_EQ(std::get<domain::Refusal>(anew).status, 409) << "executed again, and the name is taken";
  EXPECT_FALSE(std::get<Answered>(add_to(*journal_, "k2", "other")).replayed) << "a key of a new command";
  EXPECT_EQ(count("state_rows"), 5);
}

TEST_F(TrimTest, WhatIsGoneIsSaidToBeGone) {
  add_names(1, 6);
  ASSERT_TRUE(trim(*journal_, 3));
  auto events = journal_->events();
  EXPECT_EQ((*events)->base().value(), Seq{3});
  EXPECT_EQ((*events)->read(Seq{2}, 10).error().retry, Retry::kNever);
  EXPECT_EQ((*events)->read(Seq{0}, 10).error().retry, Retry::kNever);
  EXPECT_EQ((*events)->read(Seq{3}, 10)->size(), 3U);
  EXPECT_EQ((*events)->read(Seq{3}, 1)->front().previous, journal_->status().base.hash);
  EXPECT_EQ((*events)->hash_at(Seq{2}).error().retry, Retry::kNever);
  EXPECT_EQ((*events)->hash_at(Seq{3})->value(), journal_->status().base.hash);
  EXPECT_EQ((*events)->hash_at(Seq{6})->value(), journal_->status().head_hash);
  EXPECT_FALSE((*events)->hash_at(Seq{7})->has_value());
  auto reader = journal_->entries();
  EXPECT_EQ((*reader)->read(Seq{2}, 10, SIZE_MAX).error().retry, Retry::kNever);
  EXPECT_EQ((*reader)->read(Seq{3}, 10, SIZE_MAX)->size(), 3U);
  EXPECT_FALSE((*reader)->hash_at(Seq{0})->has_value());
  EXPECT_FALSE((*reader)->hash_at(Seq{2})->has_value());
  EXPECT_EQ((*reader)->hash_at(Seq{3})->value(), journal_->status().base.hash);
  EXPECT_EQ((*reader)->head()->seq, Seq{6});
}

TEST_F(TrimTest, WhatWasTakenInIsKnownAfterwards) {
  take_in("letters", 0, 7, "a");
  Outcomes outcomes;
  journal_->submit({"", {"Add", "b"}, Cause{"digits", Seq{0}, Seq{3}, Hash{1}}}, outcomes.of("b"));
  ASSERT_TRUE(std::holds_alternative<Answered>(outcomes.wait("b")));
  add_names(1, 3);
  ASSERT_TRUE(trim(*journal_, 4));
  open_again();
  EXPECT_EQ(journal_->consumed_place("digits").hash, Hash{1});
  EXPECT_EQ(journal_->consumed_place("letters").hash, std::nullopt);
  EXPECT_EQ(journal_->consumed("letters"), Seq{7});
  EXPECT_EQ(journal_->consumed("digits"), Seq{3});
  const auto source = CopySource::open(file());
  ASSERT_TRUE((*source)->hold());
  EXPECT_EQ((*source)->base().seq, Seq{4});
  EXPECT_EQ((*source)->consumed({"letters", "digits"}).value(),
            (std::map<std::string, Seq>{{"letters", Seq{7}}, {"digits", Seq{3}}}));
  take_in("letters", 7, 9, "c");
  EXPECT_EQ(journal_->consumed("letters"), Seq{9});
}

// Its event may be retried at any time, and must not take effect twice.
TEST_F(TrimTest, KeysOfTheProgramItselfStay) {
  ASSERT_TRUE(added(" retry/letters/7", "a"));
  add_names(1, 3);
  ASSERT_TRUE(trim(*journal_, 3));
  open_again();
  const auto again = add_to(*journal_, " retry/letters/7", "a");
  EXPECT_TRUE(std::get<Answered>(again).replayed);
  EXPECT_EQ(std::get<Answered>(again).seq, Seq{1});
}

TEST_F(TrimTest, AFollowerDeletesOnlyWhatThePrimaryWentOnFrom) {
  open_follower();
  add_names(1, 5);
  ASSERT_TRUE(ship());
  EXPECT_EQ(follower_->status().settled.seq, Seq{0}) << "the batch may come to nothing yet";
  EXPECT_EQ(trim(*follower_, 4)->base, Seq{0});
  add_names(6, 6);
  ASSERT_TRUE(ship());
  EXPECT_EQ(follower_->status().settled.seq, Seq{5});
  EXPECT_EQ(trim(*follower_, 6)->base, Seq{5});
  follower_->lead(Epoch{2});
  EXPECT_TRUE(std::holds_alternative<Answered>(add_to(*follower_, "k7", "n7")));
  EXPECT_EQ(follower_->status().settled.seq, Seq{7});
}

// Each deletes in its own time: a key that the primary forgot may be in the follower's journal yet.
TEST_F(TrimTest, AKeyThatIsUsedAnewReachesAFollowerThatKnowsIt) {
  open_follower();
  add_names(1, 4);
  ASSERT_TRUE(ship());
  ASSERT_TRUE(trim(*journal_, 2));
  ASSERT_TRUE(std::holds_alternative<Answered>(add_to(*journal_, "k1", "anew")));
  const auto shipped = ship();
  ASSERT_TRUE(shipped) << shipped.error().what;
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
  const auto entries = entries_of(*follower_);
  EXPECT_EQ(entries.front().key, "k1") << "as its hash has it";
  EXPECT_EQ(entries.front().hash, chained({}, entries.front()));
  follower_->lead(Epoch{2});
  const auto again = std::get<Answered>(add_to(*follower_, "k1", "anew"));
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.seq, Seq{5});
  EXPECT_EQ(trim(*follower_, 3)->base, Seq{3}) << "and can be deleted like any other";
  EXPECT_TRUE(std::get<Answered>(add_to(*follower_, "k1", "anew")).replayed);
}

TEST_F(TrimTest, ACopyTakesThePlaceWithItsBase) {
  open_follower();
  add_names(1, 8);
  ASSERT_TRUE(trim(*journal_, 5));
  const auto copy = folder_.path() / "b" / "incoming.db";
  ASSERT_TRUE(copy_journal(file(), copy));
  Reply<Result<Position>> replaced;
  follower_->replace(copy, replaced.to());
  ASSERT_TRUE(replaced.wait());
  EXPECT_EQ(follower_->status().base, journal_->status().base);
  EXPECT_EQ(follower_->status().settled.seq, Seq{0});
  add_names(9, 9);
  ASSERT_TRUE(ship());
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
}

TEST_F(TrimTest, WhatWasFoundInAnotherFileIsNotDeletedInThisOne) {
  open_follower();
  add_names(1, 8);
  ASSERT_TRUE(ship());
  const auto before = follower_->status().opened;
  const auto copy = folder_.path() / "b" / "incoming.db";
  ASSERT_TRUE(copy_journal(file(), copy));
  Reply<Result<Position>> replaced;
  follower_->replace(copy, replaced.to());
  ASSERT_TRUE(replaced.wait());
  Reply<Result<Trimmed>> reply;
  follower_->trim({Seq{3}, 1000, before}, reply.to());
  EXPECT_FALSE(reply.wait());
  EXPECT_EQ(follower_->status().base.seq, Seq{0});
}

TEST_F(TrimTest, AProgramThatKnowsNoBaseDoesNotOpenIt) {
  add_names(1, 3);
  ASSERT_TRUE(trim(*journal_, 1));
  EXPECT_EQ(count("meta WHERE name = 'format' AND value = 3"), 1);
  const auto reader = Reader::open(file());
  EXPECT_EQ((*reader)->base()->seq, Seq{1});
  EXPECT_EQ((*reader)->head().value(), Seq{3});
}

TEST_F(TrimTest, CommandsGoOnWhileEntriesAreDeleted) {
  for (int i = 1; i <= 300; ++i) submit("k" + std::to_string(i), "n" + std::to_string(i));
  for (int upto = 1; upto <= 300; upto += 7) ASSERT_TRUE(trim(*journal_, upto, 5));
  for (int i = 1; i <= 300; ++i) {
    ASSERT_TRUE(std::holds_alternative<Answered>(outcomes_.wait("k" + std::to_string(i)))) << i;
  }
  EXPECT_EQ(journal_->status().head, Seq{300});
  EXPECT_EQ(count("state_rows"), 300);
  const auto base = journal_->status().base;
  EXPECT_EQ(count("entries"), 300 - base.seq.value);
}

}  // namespace
}  // namespace sportapp::journal
