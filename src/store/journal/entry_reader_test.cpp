#include "store/journal/testing.hpp"
#include "tests/support/faulty_disk.hpp"

namespace sportapp::journal {
namespace {

using EntryReaderTest = FollowerTest;

TEST_F(EntryReaderTest, ReadsUpToEitherLimitButAtLeastOne) {
  open();
  add_names(1, 6);
  auto opened = journal_->entries();
  ASSERT_TRUE(opened);
  auto& reader = **opened;
  const auto all = *reader.read(Seq{}, 100, SIZE_MAX);
  ASSERT_EQ(all.size(), 6U);
  Hash last{};
  for (const auto& entry : all) {
    EXPECT_EQ(entry.hash, chained(last, entry)) << "every field is as it was written";
    last = entry.hash;
  }
  EXPECT_EQ(reader.read(Seq{2}, 3, SIZE_MAX)->back().seq, Seq{5});
  EXPECT_EQ(reader.read(Seq{2}, 100, 2 * size_of(all[2]))->back().seq, Seq{4});
  EXPECT_EQ(reader.read(Seq{2}, 100, 1)->size(), 1U);
  EXPECT_TRUE(reader.read(Seq{6}, 100, SIZE_MAX)->empty());
  EXPECT_TRUE(reader.read(Seq{0}, 0, SIZE_MAX)->empty());
}

TEST(SharedEntriesTest, ACopyWithoutTheFirstSharesTheRest) {
  const SharedEntries none;
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(none.after(Seq{}).empty());
  std::vector<Entry> list(3);
  for (std::size_t i = 0; i < list.size(); ++i) list[i].seq = Seq{static_cast<std::int64_t>(i) + 5};
  const SharedEntries all = std::move(list);
  EXPECT_EQ(all.after(Seq{}).size(), 3U);
  const auto rest = all.after(Seq{5});
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest.begin(), &all[1]) << "nothing was copied";
  EXPECT_EQ(rest.back().seq, Seq{7});
  EXPECT_TRUE(all.after(Seq{7}).empty());
  EXPECT_EQ(all.size(), 3U);
}

TEST_F(EntryReaderTest, KnowsHeadAndHashes) {
  open();
  auto reader = journal_->entries();
  EXPECT_EQ(*(*reader)->head(), Position{});
  EXPECT_EQ(*(*reader)->hash_at(Seq{}), Hash{});
  EXPECT_EQ(*(*reader)->hash_at(Seq{1}), std::nullopt);
  add_names(1, 3);
  EXPECT_EQ(*(*reader)->head(), head_of(*journal_));
  EXPECT_EQ(*(*reader)->hash_at(Seq{3}), journal_->status().head_hash);
  EXPECT_EQ(*(*reader)->hash_at(Seq{2}), entries_of(*journal_)[1].hash);
  EXPECT_EQ(*(*reader)->hash_at(Seq{4}), std::nullopt);
}

TEST_F(EntryReaderTest, SeesNothingOfABatchThatIsHeld) {
  Barrier barrier;
  open({.gate = &barrier});
  auto reader = journal_->entries();
  submit("k1", "ana");
  barrier.wait_for_batches(1);
  EXPECT_TRUE((*reader)->read(Seq{}, 10, SIZE_MAX)->empty());
  EXPECT_EQ((*reader)->head()->seq, Seq{});
  barrier.open();
  outcomes_.wait("k1");
  EXPECT_EQ((*reader)->read(Seq{}, 10, SIZE_MAX)->size(), 1U);
}

TEST_F(EntryReaderTest, GoesOnAfterTheJournalOpenedItsFileAnew) {
  sportapp::testing::FaultyDisk disk;
  open();
  add_names(1, 2);
  auto reader = journal_->entries();
  ASSERT_EQ((*reader)->head()->seq, Seq{2});
  disk.set_full(true);
  std::ignore = add("lost", "lost");
  disk.set_full(false);
  wait_until_it_writes();
  add_names(3, 3);
  EXPECT_EQ(*(*reader)->head(), head_of(*journal_));
  EXPECT_EQ((*reader)->read(Seq{1}, 10, SIZE_MAX)->size(), 2U);
  reader->reset();
  journal_.reset();
}

}  // namespace
}  // namespace sportapp::journal
