#include "store/sqlite/snapshot.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace sportapp::sqlite {
namespace {

class SnapshotTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SQLite::Database database(file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("PRAGMA page_size = 4096; CREATE TABLE numbers(n INTEGER PRIMARY KEY, text)");
    for (int i = 0; i < 50; ++i) database.exec("INSERT INTO numbers(text) VALUES(hex(randomblob(500)))");
  }
  std::optional<std::string> damage() {
    auto opened = Snapshot::open(file_);
    EXPECT_TRUE(opened) << opened.error().what;
    const auto found = opened->damage();
    EXPECT_TRUE(found) << found.error().what;
    return *found;
  }

  sportapp::testing::TempFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "numbers.db";
};

TEST_F(SnapshotTest, AWholeFileIsNotDamaged) {
  EXPECT_EQ(damage(), std::nullopt);
}

TEST_F(SnapshotTest, DamageIsToldInOneLine) {
  {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(3 * 4096);
    file.write(std::string(4096, 'x').data(), 4096);
  }
  const auto found = damage();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->find('\n'), std::string::npos) << *found;
  EXPECT_NE(found->find("age 4"), std::string::npos) << *found;
}

}  // namespace
}  // namespace sportapp::sqlite
