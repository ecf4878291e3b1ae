#include "base/cause.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.hpp"

namespace sportapp {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Cause : public ::testing::Test {
 protected:
  Cause() { fs::create_directories(folder_); }
  ~Cause() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  fs::path folder_ = fs::path(::testing::TempDir()) / ("cause_test_" + std::to_string(::getpid()));
};

}  // namespace

TEST_F(Cause, ADiskIsNamedByTheFolderThatIsThere) {
  EXPECT_EQ(cause_of(ENOSPC, folder_ / "none" / "file"),
            "the disk of " + folder_.string() + " is full; free some space on it");
  EXPECT_THAT(cause_of(EROFS, folder_ / "file"),
              StartsWith("the disk of " + folder_.string() + " is read-only"));
  EXPECT_THAT(cause_of(EIO, folder_ / "file"), HasSubstr("fails to read or write"));
  EXPECT_THAT(cause_of(EDQUOT, folder_ / "file"), HasSubstr("quota"));
}

TEST_F(Cause, WhoMayNotIsNamedWithWhatStandsInTheWay) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may do everything";
  const auto closed = folder_ / "closed";
  fs::create_directories(closed);
  ::chmod(closed.c_str(), 0500);
  EXPECT_THAT(cause_of(EACCES, closed / "file"), HasSubstr("may not write in the folder " + closed.string()));
  EXPECT_FALSE(why_not_writable(closed / "file").empty());
  ::chmod(closed.c_str(), 0);
  EXPECT_THAT(cause_of(EACCES, closed / "file"), HasSubstr("may not search the folder " + closed.string()));
  ::chmod(closed.c_str(), 0700);
  EXPECT_EQ(why_not_writable(closed / "file"), "");
}

TEST_F(Cause, AFileThatMayBeChangedAndIsRefusedAllTheSameHasAttributes) {
  EXPECT_THAT(cause_of(EPERM, folder_ / "file"), AllOf(HasSubstr("not permitted"), HasSubstr("lsattr")));
}

TEST_F(Cause, AnErrorOfAnotherKindKeepsTheSystemsWords) {
  EXPECT_THAT(cause_of(ENOENT, folder_ / "file"), HasSubstr("No such file"));
  EXPECT_THAT(cause_of(EISDIR, folder_), HasSubstr("is a folder, not a file"));
}

TEST_F(Cause, WhatCanBeWrittenHasNone) {
  ASSERT_TRUE(write_file(folder_ / "file", "text"));
  EXPECT_EQ(why_not_writable(folder_ / "file"), "");
  EXPECT_THAT(damaged(folder_ / "file"), HasSubstr("is damaged"));
}

}  // namespace sportapp
