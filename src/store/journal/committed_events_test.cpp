#include "store/journal/committed_events.hpp"

#include <gtest/gtest.h>

#include "store/journal/store.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::journal {
namespace {

class CommittedEventsTest : public ::testing::Test {
 protected:
  // Entries first..last in the file, as durable.
  void write(const std::filesystem::path& file, std::int64_t first, std::int64_t last) {
    auto store = Store::open(file);
    ASSERT_TRUE(store) << store.error().what;
    (*store)->begin();
    for (auto seq = first; seq <= last; ++seq) {
      Entry entry;
      entry.seq = Seq{seq};
      entry.key = "key-" + std::to_string(seq);
      entry.event = {"Added", 1, std::to_string(seq)};
      (*store)->append(entry);
    }
    (*store)->commit();
    durable_->seq.store(last);
  }

  std::vector<std::int64_t> read(messaging::EventSource& events, std::int64_t after,
                                 std::size_t limit = 100) {
    const auto found = events.read(Seq{after}, limit);
    EXPECT_TRUE(found) << found.error().what;
    std::vector<std::int64_t> seqs;
    if (found) {
      for (const auto& event : *found) seqs.push_back(event.seq.value);
    }
    return seqs;
  }

  const sportapp::testing::TempFolder folder_;
  const std::filesystem::path live_ = folder_.path() / "live";
  const std::shared_ptr<Durable> durable_ = std::make_shared<Durable>();
};

using Seqs = std::vector<std::int64_t>;

TEST_F(CommittedEventsTest, GivesPagesUpToWhatIsDurable) {
  write(live_ / "journal.db", 1, 5);
  durable_->seq.store(4);
  auto events = make_committed_events(live_ / "journal.db", durable_);
  ASSERT_TRUE(events);
  EXPECT_EQ(read(*events, 0, 3), (Seqs{1, 2, 3}));
  EXPECT_EQ(read(*events, 3), (Seqs{4}));
  EXPECT_EQ(read(*events, 4), Seqs());
  EXPECT_EQ(read(*events, 0, 0), Seqs());
  EXPECT_EQ(*events->last(), Seq{4});
}

TEST_F(CommittedEventsTest, AFileThatTookTheJournalsPlaceIsReadFromThenOn) {
  write(live_ / "journal.db", 1, 3);
  auto events = make_committed_events(live_ / "journal.db", durable_);
  ASSERT_TRUE(events);
  EXPECT_EQ(read(*events, 0), (Seqs{1, 2, 3}));
  write(folder_.path() / "repaired" / "journal.db", 1, 5);
  std::filesystem::rename(live_, folder_.path() / "old");
  std::filesystem::rename(folder_.path() / "repaired", live_);
  EXPECT_EQ(read(*events, 3), (Seqs{4, 5}));
}

TEST_F(CommittedEventsTest, AnEntryThatIsMissingIsAnErrorAndNotSilence) {
  write(live_ / "journal.db", 1, 3);
  auto events = make_committed_events(live_ / "journal.db", durable_);
  ASSERT_TRUE(events);
  durable_->seq.store(4);
  const auto found = events->read(Seq{3}, 100);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().retry, Retry::kLater);
  EXPECT_NE(found.error().what.find("entry 4 is missing"), std::string::npos) << found.error().what;
}

}  // namespace
}  // namespace sportapp::journal
