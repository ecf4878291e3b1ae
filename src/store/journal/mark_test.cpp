#include "store/journal/mark.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

class MarkTest : public ::testing::Test {
 protected:
  static Mark some(std::int64_t seq) {
    Mark mark;
    mark.head = {Seq{seq}, Hash{static_cast<std::uint8_t>(seq)}};
    mark.settled = {Seq{seq - 1}, Hash{7}, Epoch{seq + 10}};
    return mark;
  }
  std::unique_ptr<MarkFile> open() {
    auto opened = MarkFile::open(journal_);
    EXPECT_TRUE(opened) << opened.error().what;
    return std::move(*opened);
  }
  void overwrite(std::size_t at, const std::string& text) {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << text;
  }

  const sportapp::testing::TempFolder folder_;
  const fs::path journal_ = folder_.path() / "journal.db";
  const fs::path file_ = folder_.path() / "journal.mark";
};

TEST_F(MarkTest, ThereIsNoneUntilItIsOpened) {
  EXPECT_EQ(*MarkFile::read_only(journal_), std::nullopt);
  EXPECT_FALSE(fs::exists(file_));
  EXPECT_EQ(open()->mark(), Mark());
  EXPECT_EQ(*MarkFile::read_only(journal_), Mark());
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(MarkTest, SaysWhatWasWrittenLast) {
  auto full = some(5);
  full.replacing = Position{Seq{9}, Hash{3}};
  full.may_have_gaps = true;
  full.damage = "a page of it";
  {
    const auto mark = open();
    for (std::int64_t seq = 1; seq < 5; ++seq) {
      ASSERT_TRUE(mark->write(some(seq)));
      EXPECT_EQ(*MarkFile::read_only(journal_), some(seq)) << "without a sync";
    }
    ASSERT_TRUE(mark->write(full));
    ASSERT_TRUE(mark->sync());
  }
  EXPECT_EQ(open()->mark(), full);
}

TEST_F(MarkTest, OneDamagedSlotLeavesTheOneBefore) {
  const auto size = [&] {
    const auto mark = open();
    EXPECT_TRUE(mark->write(some(1)));
    EXPECT_TRUE(mark->write(some(2)));
    return fs::file_size(file_);
  }();
  ASSERT_GT(size, 4096U);
  overwrite(60, "torn");
  const auto one = **MarkFile::read_only(journal_);
  EXPECT_TRUE(one == some(1) || one == some(2));
  const auto mark = open();
  ASSERT_TRUE(mark->write(some(3)));
  EXPECT_EQ(*MarkFile::read_only(journal_), some(3));
}

TEST_F(MarkTest, BothDamagedMakesNoClaim) {
  { ASSERT_TRUE(open()->write(some(4))); }
  overwrite(60, "torn");
  overwrite(4096 + 60, "torn");
  EXPECT_EQ(*MarkFile::read_only(journal_), std::nullopt);
  EXPECT_EQ(open()->mark(), Mark());
}

TEST_F(MarkTest, ALongReasonIsCutAndNothingElseIs) {
  auto mark = some(3);
  mark.damage = std::string(3000, 'x');
  { ASSERT_TRUE(open()->write(mark)); }
  const auto read = **MarkFile::read_only(journal_);
  EXPECT_EQ(read.head, mark.head);
  EXPECT_EQ(read.damage, std::string(512, 'x'));
}

}  // namespace
}  // namespace sportapp::journal
