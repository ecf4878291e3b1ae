#include "store/sqlite/value_index.hpp"

#include <gtest/gtest.h>

#include <random>

#include "store/sqlite/sqlite.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::sqlite {
namespace {

constexpr const char* kTable = "names";
constexpr std::size_t kWaitingMax = 100;

using Expected = std::map<std::pair<std::string, std::string>, std::int64_t>;

class ValueIndexTest : public ::testing::Test {
 protected:
  ValueIndexTest() {
    ValueIndex::create(*database_, kTable);
    index_.emplace(*database_, kTable, kWaitingMax);
  }

  std::unique_ptr<SQLite::Database> connect(bool read_only) {
    auto opened = open(folder_.path() / "a.db", {.synchronous = Synchronous::kOff, .read_only = read_only});
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
  }
  void reopen() { index_.emplace(*database_, kTable, kWaitingMax); }
  // Some changes as the writer makes them, in one transaction.
  void change(int count) {
    SQLite::Transaction transaction(*database_);
    for (int i = 0; i < count; ++i) change_one();
    index_->move_some();
    transaction.commit();
  }
  void change_one() {
    const std::string field = random_() % 3 == 0 ? "email" : "username";
    const auto value = std::to_string(random_() % 5000);
    if (random_() % 4 == 0) {
      index_->remove(field, value);
      expected_.erase({field, value});
    } else {
      index_->put(field, value, Id{++last_id_});
      expected_[{field, value}] = last_id_;
    }
  }
  template <class Index>
  void expect_all_found_by(Index& index) {
    for (const std::string field : {"email", "username"}) {
      for (int i = 0; i < 5000; ++i) {
        const auto value = std::to_string(i);
        const auto found = index.find(field, value);
        const auto wanted = expected_.find({field, value});
        ASSERT_EQ(found.has_value(), wanted != expected_.end()) << field << " " << value;
        if (found) {
          ASSERT_EQ(found->value, wanted->second) << field << " " << value;
        }
      }
    }
  }
  std::int64_t rows_of(const std::string& table) {
    return database_->execAndGet("SELECT count(*) FROM " + table).getInt64();
  }

  sportapp::testing::TempFolder folder_;
  std::unique_ptr<SQLite::Database> database_ = connect(false);
  std::optional<ValueIndex> index_;
  Expected expected_;
  std::minstd_rand random_{7};
  std::int64_t last_id_ = 0;
};

TEST_F(ValueIndexTest, SaysWhatWasPutLastHoweverOftenValuesMoveAndTheFileIsOpened) {
  auto reading = connect(true);
  ValueIndexReader reader(*reading, kTable);
  for (int round = 0; round < 40; ++round) {
    change(1 + static_cast<int>(random_() % 700));
    if (round % 7 == 3) reopen();
    expect_all_found_by(*index_);
    SQLite::Transaction moment(*reading);
    expect_all_found_by(reader);
  }
  EXPECT_GT(rows_of("names"), 1000) << "values were moved";
}

TEST_F(ValueIndexTest, WhatWaitsIsBoundedAndWhatWasMovedIsForgotten) {
  for (int i = 0; i < 20'000; i += 500) change(500);
  EXPECT_LT(rows_of("names_recent"), 6000);
  reopen();
  for (int i = 0; i < 20'000; i += 500) change(500);
  EXPECT_LT(rows_of("names_recent"), 6000);
}

TEST_F(ValueIndexTest, WhatWasMovedIsForgottenThoughItIsOpenedAgainAndAgain) {
  for (int life = 0; life < 160; ++life) {
    for (int i = 0; i < 3; ++i) change(50);
    reopen();
    if (life % 20 == 0) expect_all_found_by(*index_);
  }
  EXPECT_LT(rows_of("names_recent"), 8000);
}

TEST_F(ValueIndexTest, AValueBehindTheMoveIsMovedInTheNextRound) {
  index_->put("username", "b", Id{1});
  for (int i = 0; i < 3000; i += 300) {
    SQLite::Transaction transaction(*database_);
    for (int k = 0; k < 300; ++k) index_->put("username", "z" + std::to_string(i + k), Id{100});
    index_->put("username", "a", Id{i + 2});
    index_->move_some();
    transaction.commit();
    ASSERT_EQ(index_->find("username", "a"), Id{i + 2});
    ASSERT_EQ(index_->find("username", "b"), Id{1});
  }
}

TEST_F(ValueIndexTest, WhatIsRolledBackWasNeverThere) {
  change(3000);
  for (int round = 0; round < 10; ++round) {
    const auto kept = expected_;
    const auto changes = index_->changes();
    {
      SQLite::Transaction transaction(*database_);
      for (int i = 0; i < 500; ++i) change_one();
      index_->move_some();
    }
    index_->rolled_back(changes);
    expected_ = kept;
    expect_all_found_by(*index_);
    change(300);
    expect_all_found_by(*index_);
  }
}

TEST_F(ValueIndexTest, AReaderSeesTheMomentOfItsTransaction) {
  index_->put("username", "ana", Id{1});
  auto reading = connect(true);
  ValueIndexReader reader(*reading, kTable);
  reading->exec("BEGIN");
  EXPECT_EQ(reader.find("username", "ana"), Id{1});
  index_->put("username", "ana", Id{2});
  index_->put("username", "luz", Id{3});
  change(2000);
  change(2000);
  EXPECT_EQ(reader.find("username", "ana"), Id{1});
  EXPECT_EQ(reader.find("username", "luz"), std::nullopt);
  reading->exec("COMMIT");
  EXPECT_EQ(reader.find("username", "ana"), Id{2});
  EXPECT_EQ(reader.find("username", "luz"), Id{3});
}

TEST_F(ValueIndexTest, IsListedInOrderWholeAndOnce) {
  for (int i = 0; i < 10; ++i) change(700);
  auto reading = connect(true);
  SQLite::Transaction moment(*reading);
  for (int twice = 0; twice < 2; ++twice) {
    SortedValues sorted(*reading, kTable);
    Expected listed;
    IndexedValue last;
    for (auto page = sorted.after("", "", 97); !page.empty();
         page = sorted.after(last.field, last.value, 97)) {
      for (auto& one : page) {
        ASSERT_LT(std::tie(last.field, last.value), std::tie(one.field, one.value));
        listed[{one.field, one.value}] = one.id.value;
        last = one;
      }
    }
    EXPECT_EQ(listed, expected_);
  }
}

TEST_F(ValueIndexTest, AKillBetweenTwoCommitsLeavesWhatWasCommitted) {
  for (int i = 0; i < 10; ++i) change(700);
  {
    SQLite::Transaction transaction(*database_);
    const auto kept = expected_;
    for (int i = 0; i < 500; ++i) change_one();
    index_->move_some();
    expected_ = kept;
  }
  reopen();  // as a new process does
  expect_all_found_by(*index_);
}

}  // namespace
}  // namespace sportapp::sqlite
