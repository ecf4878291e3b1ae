#include "store/sqlite/wal_check.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "store/sqlite/sqlite.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeader = 32;
constexpr std::size_t kFrame = 24 + 2048;

// A database whose WAL is looked at while it is open: nothing is copied into it by itself.
class WalCheckTest : public ::testing::Test {
 protected:
  WalCheckTest() {
    auto opened = sqlite::open(file_, {});
    database_ = std::move(*opened);
    database_->exec("CREATE TABLE numbers(number INTEGER PRIMARY KEY, text TEXT)");
    database_->exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  // One transaction of one frame.
  void commit() { database_->exec("INSERT INTO numbers(text) VALUES('x')"); }
  void commit_large() {
    database_->exec(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
        "INSERT INTO numbers(text) SELECT printf('%500d', i) FROM n");
  }
  // A copy of the WAL alone, with one byte changed.
  WalCheck check(std::optional<std::size_t> changed = {}, std::optional<std::size_t> cut = {}) {
    std::ifstream in(file_.string() + "-wal", std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    if (changed) bytes.at(*changed) = static_cast<char>(bytes.at(*changed) ^ 1);
    if (cut) bytes.resize(*cut);
    std::ofstream(copy_.string() + "-wal", std::ios::binary | std::ios::trunc) << bytes;
    const auto found = check_wal(copy_);
    EXPECT_TRUE(found) << found.error().what;
    return *found;
  }
  static std::size_t frame(std::size_t number) { return kHeader + (number - 1) * kFrame; }

  const sportapp::testing::TempFolder folder_;
  const fs::path file_ = folder_.path() / "numbers.db";
  const fs::path copy_ = folder_.path() / "copy.db";
  std::unique_ptr<SQLite::Database> database_;
};

TEST_F(WalCheckTest, NoneOrAnEmptyOneIsRight) {
  EXPECT_EQ(check_wal(folder_.path() / "none")->frames, 0);
  EXPECT_EQ(check().frames, 0);
  EXPECT_EQ(check().damage, "");
}

TEST_F(WalCheckTest, FramesAreCountedAsSqliteFindsThem) {
  for (int i = 0; i < 7; ++i) commit();
  EXPECT_EQ(check().frames, 7);
  EXPECT_EQ(check().damage, "");
  commit_large();
  EXPECT_GT(check().frames, 15);
  EXPECT_EQ(check().damage, "");
}

TEST_F(WalCheckTest, AFrameThatBrokeInTheMiddleIsDamage) {
  for (int i = 0; i < 7; ++i) commit();
  for (const std::size_t at : {0, 6, 9, 17, 24, 1000, 2071}) {
    const auto found = check(frame(3) + at);
    EXPECT_EQ(found.frames, 2) << at;
    EXPECT_NE(found.damage.find("frame 3 is broken"), std::string::npos) << at << found.damage;
    EXPECT_TRUE(found.is_gap);
  }
}

TEST_F(WalCheckTest, WhatBrokeInTheLastTransactionIsAnEnd) {
  for (int i = 0; i < 3; ++i) commit();
  EXPECT_EQ(check(frame(3) + 100).damage, "");
  EXPECT_EQ(check(frame(3) + 100).frames, 2);
  commit_large();
  const auto broken = check(frame(5) + 100);
  EXPECT_EQ(broken.damage, "") << "power may go before the rest of one transaction is on disk";
  EXPECT_EQ(broken.frames, 4);
}

TEST_F(WalCheckTest, ACutFileIsAnEnd) {
  for (int i = 0; i < 5; ++i) commit();
  for (const std::size_t bytes :
       {frame(5) + 30, frame(4), frame(1) + 5, kHeader, std::size_t{7}, std::size_t{0}})
    EXPECT_EQ(check({}, bytes).damage, "") << bytes;
  EXPECT_EQ(check({}, frame(4) + 1).frames, 3);
}

TEST_F(WalCheckTest, FramesOfAnEarlierUseOfTheFileAreNoDamage) {
  for (int i = 0; i < 9; ++i) commit();
  database_->exec("PRAGMA wal_checkpoint(RESTART)");
  for (int i = 0; i < 3; ++i) commit();
  EXPECT_EQ(fs::file_size(file_.string() + "-wal"), frame(10)) << "the older ones are still there";
  EXPECT_EQ(check().frames, 3);
  EXPECT_EQ(check().damage, "");
  EXPECT_EQ(check(frame(3) + 50).damage, "");
  EXPECT_EQ(check(frame(7) + 50).damage, "");
  EXPECT_NE(check(frame(1) + 50).damage, "");
}

TEST_F(WalCheckTest, ABrokenHeaderIsDamageAndABlankOneIsNot) {
  for (int i = 0; i < 3; ++i) commit();
  for (const std::size_t at : {0, 5, 10, 13, 17, 22, 25, 31}) {
    EXPECT_NE(check(at).damage, "") << at;
    EXPECT_FALSE(check(at).is_gap) << at;
  }
  std::ofstream(copy_.string() + "-wal", std::ios::binary | std::ios::trunc) << std::string(5000, '\0');
  EXPECT_EQ(check_wal(copy_)->damage, "");
}

}  // namespace
}  // namespace sportapp::sqlite
