#include "store/retention/retention.hpp"

#include <fstream>

#include "store/projection/snapshot.hpp"
#include "store/retention/testing.hpp"

namespace sportapp::retention {
namespace {

namespace fs = std::filesystem;
using testing::RetentionTest;

TEST_F(RetentionTest, WithoutALimitNothingIsDeleted) {
  add_names(1, 20);
  begin({.keep_keys_s = 0});
  EXPECT_TRUE(stays(0));
  EXPECT_FALSE(fs::exists(base()));
}

TEST_F(RetentionTest, TheLastEntriesStayAndTheRestIsInTheBaseModel) {
  add_names(1, 700);
  begin({.keep_entries = 150, .keep_keys_s = 0});
  ASSERT_TRUE(reaches(550));
  EXPECT_EQ(position(base()), 550);
  const auto model = projection::Snapshot::open(base());
  EXPECT_EQ((*model)->views_after(Id{}, 5000)->size(), 550U);
  EXPECT_EQ((*model)->views_after(Id{6}, 1)->front().json, R"({"name":"n7"})");
  EXPECT_EQ(retention_->trouble(), "");
  add_names(701, 703);
  EXPECT_TRUE(reaches(553));
}

TEST_F(RetentionTest, YoungEntriesStay) {
  add_names(1, 5);
  begin({.keep_days = 2, .keep_keys_s = 0});
  EXPECT_TRUE(stays(0));
  hand_.wall_now_ms += 3 * std::int64_t{86'400'000};
  EXPECT_TRUE(reaches(4)) << "all but the last";
}

TEST_F(RetentionTest, BothLimitsMustLetGo) {
  add_names(1, 10);
  begin({.keep_entries = 4, .keep_days = 2, .keep_keys_s = 0});
  EXPECT_TRUE(stays(0));
  hand_.wall_now_ms += 3 * std::int64_t{86'400'000};
  EXPECT_TRUE(reaches(6));
}

// By the clock that nobody sets.
TEST_F(RetentionTest, AKeyIsKnownForAWhileInAnyCase) {
  add_names(1, 10);
  begin({.keep_entries = 4, .keep_keys_s = 60});
  hand_.wall_now_ms += 1'000'000'000;
  EXPECT_TRUE(stays(0));
  hand_.now_ms += 59'000;
  EXPECT_TRUE(stays(0));
  hand_.now_ms += 2'000;
  EXPECT_TRUE(reaches(6));
}

TEST_F(RetentionTest, WhatSomebodyNeedsStays) {
  std::atomic<std::int64_t> needed{3};
  add_names(1, 10);
  begin({.keep_entries = 1, .keep_keys_s = 0}, [&] { return std::optional(Seq{needed}); });
  ASSERT_TRUE(reaches(3));
  EXPECT_TRUE(stays(3));
  needed = 8;
  EXPECT_TRUE(reaches(8));
}

// Whatever of the two is done when the process ends: what is deleted is in the base model.
TEST_F(RetentionTest, ABaseModelThatIsAheadIsGoneOnWith) {
  add_names(1, 50);
  std::atomic<std::int64_t> needed{20};
  begin({.keep_entries = 1, .keep_keys_s = 0}, [&] { return std::optional(Seq{needed}); });
  ASSERT_TRUE(reaches(20));
  restart();
  {
    projection::ReadModel::Options options;
    options.file = base();
    options.is_base = true;
    auto model = projection::ReadModel::open(std::move(options), views_, hand_);
    const auto entries = entries_of(*journal_, 20);
    std::vector<domain::CommittedEvent> events;
    auto previous = journal_->status().base.hash;
    for (std::size_t i = 0; i < 10; ++i) {
      events.push_back({entries[i].seq, entries[i].time_ms, entries[i].event, previous, entries[i].hash});
      previous = entries[i].hash;
    }
    ASSERT_TRUE((*model)->write_base(events, entries[9].hash));
  }
  EXPECT_EQ(journal_->status().base.seq, Seq{20});
  begin({.keep_entries = 5, .keep_keys_s = 0});
  EXPECT_TRUE(reaches(45));
  EXPECT_EQ(position(base()), 45);
  EXPECT_EQ((*projection::Snapshot::open(base()))->views_after(Id{}, 100)->size(), 45U);
}

TEST_F(RetentionTest, WithoutItsBaseModelNothingMoreIsDeletedAndItIsSaid) {
  add_names(1, 20);
  begin({.keep_entries = 10, .keep_keys_s = 0});
  ASSERT_TRUE(reaches(10));
  end();
  ASSERT_TRUE(projection::remove_model(base()));
  begin({.keep_entries = 1, .keep_keys_s = 0});
  ASSERT_TRUE(soon([&] { return !retention_->trouble().empty(); }));
  EXPECT_NE(retention_->trouble().find("docs/retention.md"), std::string::npos);
  EXPECT_TRUE(stays(10));
  EXPECT_FALSE(fs::exists(base())) << "none that would lack those events";
}

TEST_F(RetentionTest, TheBaseModelOfAnotherJournalIsNotGoneOnWith) {
  add_names(1, 20);
  begin({.keep_entries = 10, .keep_keys_s = 0});
  ASSERT_TRUE(reaches(10));
  end();
  SQLite::Database(base().string(), SQLite::OPEN_READWRITE).exec("UPDATE origin SET hash = zeroblob(32)");
  begin({.keep_entries = 1, .keep_keys_s = 0});
  ASSERT_TRUE(soon([&] { return !retention_->trouble().empty(); }));
  EXPECT_TRUE(stays(10));
}

TEST_F(RetentionTest, ABaseModelOfNothingThatIsDeletedIsMadeAnew) {
  add_names(1, 20);
  std::ofstream(base()) << "no database";
  begin({.keep_entries = 10, .keep_keys_s = 0});
  EXPECT_TRUE(reaches(10));
  EXPECT_EQ(position(base()), 10);
}

}  // namespace
}  // namespace sportapp::retention
