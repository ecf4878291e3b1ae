#include "store/sqlite/checkpointer.hpp"

#include <gtest/gtest.h>

#include "store/sqlite/sqlite.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::sqlite {
namespace {

constexpr int kWalKib = 256;

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    database_ = std::move(*open(file_, {.synchronous = Synchronous::kOff, .wal_kib = 1024 * 1024}));
    database_->exec("CREATE TABLE t(b)");
  }
  void start() {
    auto started = Checkpointer::start(*database_, file_, kWalKib);
    ASSERT_TRUE(started) << started.error().what;
    checkpointer_ = std::move(*started);
  }
  void write(int rows) {
    for (int i = 0; i < rows; ++i) database_->exec("INSERT INTO t VALUES(randomblob(10000))");
  }
  std::uintmax_t wal_bytes() { return std::filesystem::file_size(file_.string() + "-wal"); }

  sportapp::testing::TempFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "a.db";
  std::unique_ptr<SQLite::Database> database_;
  std::unique_ptr<Checkpointer> checkpointer_;
};

TEST_F(CheckpointerTest, TheWalIsBoundedHoweverMuchIsWrittenAndNothingIsLost) {
  start();
  write(2000);
  EXPECT_LT(wal_bytes(), 6U * kWalKib * 1024);
  EXPECT_GT(std::filesystem::file_size(file_), 15'000'000U) << "most of it was copied";
  checkpointer_.reset();
  database_.reset();
  auto again = open(file_, {});
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->execAndGet("SELECT count(*) FROM t").getInt(), 2000);
  EXPECT_EQ((*again)->execAndGet("PRAGMA integrity_check").getString(), "ok");
}

TEST_F(CheckpointerTest, WithoutItTheSameWritingMakesALongWal) {
  write(2000);
  EXPECT_GT(wal_bytes(), 15'000'000U);
}

TEST_F(CheckpointerTest, AWalThatAReaderHeldIsCopiedWhenItLetsGo) {
  start();
  write(1);
  auto reading = open(file_, {.read_only = true});
  ASSERT_TRUE(reading);
  (*reading)->exec("BEGIN");
  EXPECT_EQ((*reading)->execAndGet("SELECT count(*) FROM t").getInt(), 1);
  write(400);
  EXPECT_EQ((*reading)->execAndGet("SELECT count(*) FROM t").getInt(), 1);
  (*reading)->exec("COMMIT");
  const auto held = wal_bytes();
  write(2000);
  EXPECT_LT(wal_bytes(), held + 6U * kWalKib * 1024);
}

}  // namespace
}  // namespace sportapp::sqlite
