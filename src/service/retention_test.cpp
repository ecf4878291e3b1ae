#include "service/retention.hpp"

#include <atomic>
#include <fstream>

#include "journal/copy.hpp"
#include "journal/testing.hpp"
#include "projection/snapshot.hpp"
#include "service/node_copy.hpp"
#include "service/query_testing.hpp"

namespace sportapp::service {
namespace {

namespace fs = std::filesystem;
using projection::base_end_of;

// Both hands in hand.
class HandClock final : public Clock {
 public:
  std::int64_t wall_ms() const override { return wall_ms_; }
  std::int64_t monotonic_ms() const override { return monotonic_ms_; }
  std::atomic<std::int64_t> wall_ms_{SystemClock().wall_ms()}, monotonic_ms_{1};
};

class RetentionTest : public journal::FollowerTest {
 protected:
  void SetUp() override { open(); }
  [[nodiscard]] fs::path file() const { return folder_.path() / "journal.db"; }
  [[nodiscard]] fs::path base() const { return folder_.path() / projection::kBaseFile; }
  [[nodiscard]] fs::path next() const { return next_base_of(file()); }
  void begin(RetentionPolicy policy, std::function<std::optional<Seq>()> needed = {}) {
    retention_ = std::make_unique<Retention>(Retention::Options{file(), policy, std::move(needed)}, *journal_,
                                             views_, hand_);
  }
  void end() { retention_.reset(); }
  template <class Holds>
  static bool soon(Holds holds) {
    for (int i = 0; i < 2000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  [[nodiscard]] bool reaches(std::int64_t seq) {
    return soon([&] { return journal_->status().base.seq == Seq{seq}; });
  }
  [[nodiscard]] bool stays(std::int64_t seq) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    return journal_->status().base.seq == Seq{seq};
  }
  [[nodiscard]] static std::int64_t position(const fs::path& model) {
    const auto end = base_end_of(model);
    return end && *end ? (*end)->position.value : -1;
  }
  void restart() {
    end();
    journal_.reset();
    open();
  }

  testing::Names views_;
  HandClock hand_;
  std::unique_ptr<Retention> retention_;
};

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
  hand_.wall_ms_ += 3 * std::int64_t{86'400'000};
  EXPECT_TRUE(reaches(4)) << "all but the last";
}

TEST_F(RetentionTest, BothLimitsMustLetGo) {
  add_names(1, 10);
  begin({.keep_entries = 4, .keep_days = 2, .keep_keys_s = 0});
  EXPECT_TRUE(stays(0));
  hand_.wall_ms_ += 3 * std::int64_t{86'400'000};
  EXPECT_TRUE(reaches(6));
}

// By the clock that nobody sets.
TEST_F(RetentionTest, AKeyIsKnownForAWhileInAnyCase) {
  add_names(1, 10);
  begin({.keep_entries = 4, .keep_keys_s = 60});
  hand_.wall_ms_ += 1'000'000'000;
  EXPECT_TRUE(stays(0));
  hand_.monotonic_ms_ += 59'000;
  EXPECT_TRUE(stays(0));
  hand_.monotonic_ms_ += 2'000;
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
    for (std::size_t i = 0; i < 10; ++i)
      events.push_back({entries[i].seq, entries[i].time_ms, entries[i].event});
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

// A node whose disk was thrown away.
TEST_F(RetentionTest, ACopyOfANodeBringsItsBaseModel) {
  add_names(1, 30);
  begin({.keep_entries = 10, .keep_keys_s = 0});
  ASSERT_TRUE(reaches(20));
  const auto copy = folder_.path() / "b" / "incoming.db";
  open_follower();
  const auto copied = copy_node(file(), copy, [] { return true; });
  ASSERT_TRUE(copied) << copied.error().what;
  EXPECT_EQ(copied->seq, Seq{30});
  const auto next = next_base_of(follower_file());
  ASSERT_TRUE(take_apart(copy, next));
  EXPECT_EQ(position(next), 20);
  journal::Reply<Result<journal::Head>> replaced;
  follower_->replace(copy, replaced.to());
  ASSERT_TRUE(replaced.wait());
  Retention of_follower({follower_file(), {.keep_entries = 5, .keep_keys_s = 0}, {}}, *follower_, views_,
                        hand_);
  EXPECT_TRUE(soon([&] { return !fs::exists(next); }));
  EXPECT_EQ(position(projection::base_file_of(follower_file())), 20);
  add_names(31, 40);
  ASSERT_TRUE(ship());
  EXPECT_TRUE(soon([&] { return follower_->status().base.seq == Seq{30}; })) << "what is settled";
  EXPECT_EQ(of_follower.trouble(), "");
}

TEST_F(RetentionTest, WhatCameForACopyThatIsNotInPlaceIsLeftAlone) {
  add_names(1, 30);
  begin({.keep_entries = 10, .keep_keys_s = 0});
  ASSERT_TRUE(reaches(20));
  open_follower();
  const auto copy = folder_.path() / "b" / "incoming.db";
  ASSERT_TRUE(copy_node(file(), copy, [] { return true; }));
  ASSERT_TRUE(take_apart(copy, next_base_of(follower_file())));
  Retention of_follower({follower_file(), {.keep_entries = 5, .keep_keys_s = 0}, {}}, *follower_, views_,
                        hand_);
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_TRUE(fs::exists(next_base_of(follower_file())));
  journal::Reply<Result<journal::Head>> replaced;
  follower_->replace(copy, replaced.to());
  ASSERT_TRUE(replaced.wait());
  EXPECT_TRUE(soon([&] { return position(projection::base_file_of(follower_file())) == 20; }));
}

TEST_F(RetentionTest, ACopyWithoutABaseIsAJournalAlone) {
  add_names(1, 3);
  const auto copy = folder_.path() / "copy.db";
  ASSERT_TRUE(copy_node(file(), copy, [] { return true; }));
  std::ofstream(next()) << "left behind";
  ASSERT_TRUE(take_apart(copy, next()));
  EXPECT_FALSE(fs::exists(next()));
  EXPECT_EQ((*journal::CopySource::open(copy))->hash_at(Seq{3}).value(), journal_->status().head_hash);
}

}  // namespace
}  // namespace sportapp::service
