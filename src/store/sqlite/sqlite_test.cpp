#include "store/sqlite/sqlite.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace sportapp::sqlite {
namespace {

class SqliteTest : public ::testing::Test {
 protected:
  SqliteTest()
      : folder_(::testing::TempDir() + "sqlite_test_" +
                std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
  }
  ~SqliteTest() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(SqliteTest, MakesFileAndFolderAndWritesThroughAWalThatIsSynced) {
  auto opened = open(folder_ / "deep" / "a.db", {});
  ASSERT_TRUE(opened) << opened.error().what;
  EXPECT_EQ((*opened)->execAndGet("PRAGMA journal_mode").getString(), "wal");
  EXPECT_EQ((*opened)->execAndGet("PRAGMA synchronous").getInt(), 2);
}

TEST_F(SqliteTest, TheWalIsBoundedInBytesWhateverTheSizeOfAPage) {
  auto opened = open(folder_ / "a.db", {.wal_kib = 1024});
  ASSERT_TRUE(opened) << opened.error().what;
  (*opened)->exec("CREATE TABLE t(b)");
  for (int i = 0; i < 400; ++i) (*opened)->exec("INSERT INTO t VALUES(randomblob(10000))");
  EXPECT_GT(std::filesystem::file_size(folder_ / "a.db"), 2'000'000U);
  EXPECT_LT(std::filesystem::file_size(folder_ / "a.db-wal"), 1'400'000U);
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsRefusedByName) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ / "a.db") << std::string(4096, 'x');
  const auto opened = open(folder_ / "a.db", {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().retry, Retry::kNever);
  EXPECT_NE(opened.error().what.find("a.db"), std::string::npos) << opened.error().what;
}

TEST_F(SqliteTest, AMissingFileIsNotMadeWhenOnlyReading) {
  const auto opened = open(folder_ / "a.db", {.read_only = true});
  ASSERT_FALSE(opened);
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

}  // namespace
}  // namespace sportapp::sqlite
