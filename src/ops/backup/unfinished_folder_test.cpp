#include "ops/backup/unfinished_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace sportapp::backup {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class UnfinishedFolderTest : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path target() const { return temp_.path() / "target"; }
  [[nodiscard]] fs::path part() const { return temp_.path() / "target.part"; }
  static std::string refusal(const fs::path& named) {
    const auto begun = UnfinishedFolder::begin(named);
    return begun ? "" : begun.error().what;
  }
  const sportapp::testing::TempFolder temp_;
};

TEST_F(UnfinishedFolderTest, IsThereOnceItIsFinishedAndNotBefore) {
  {
    auto folder = UnfinishedFolder::begin(target());
    ASSERT_TRUE(folder) << folder.error().what;
    fs::create_directory(folder->path() / "inner");
    std::ofstream(folder->path() / "inner/file") << "x";
    EXPECT_FALSE(fs::exists(target()));
    const auto finished = folder->finish();
    ASSERT_TRUE(finished) << finished.error().what;
  }
  EXPECT_TRUE(fs::exists(target() / "inner/file"));
  EXPECT_FALSE(fs::exists(part()));
  EXPECT_EQ(std::distance(fs::directory_iterator(target()), {}), 1);
}

TEST_F(UnfinishedFolderTest, GivenUpItIsGone) {
  ASSERT_TRUE(UnfinishedFolder::begin(target()));
  EXPECT_TRUE(fs::is_empty(temp_.path()));
}

TEST_F(UnfinishedFolderTest, WhatAKilledProcessLeftIsTakenAway) {
  fs::path left;
  {
    auto folder = UnfinishedFolder::begin(target());
    ASSERT_TRUE(folder);
    std::ofstream(folder->path() / "file") << "x";
    fs::copy(part(), temp_.path() / "kept", fs::copy_options::recursive);
  }
  fs::rename(temp_.path() / "kept", part());
  auto again = UnfinishedFolder::begin(target());
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_TRUE(fs::is_empty(again->path()));
}

TEST_F(UnfinishedFolderTest, WhatIsSomebodyElsesIsLeftAlone) {
  fs::create_directory(part());
  std::ofstream(part() / "mine") << "x";
  EXPECT_THAT(refusal(target()), HasSubstr("in the way"));
  EXPECT_TRUE(fs::exists(part() / "mine"));
}

TEST_F(UnfinishedFolderTest, TwoAtOnceAreRefused) {
  const auto first = UnfinishedFolder::begin(target());
  ASSERT_TRUE(first);
  EXPECT_THAT(refusal(target()), HasSubstr("another sportapp"));
  EXPECT_TRUE(fs::exists(first->path()));
}

TEST_F(UnfinishedFolderTest, NamesThatCannotBeAreRefused) {
  EXPECT_THAT(refusal(temp_.path() / "no/where"), HasSubstr("there is no folder"));
  std::ofstream(target()) << "x";
  EXPECT_THAT(refusal(target()), HasSubstr("is not a folder"));
  EXPECT_THAT(refusal("/proc"), HasSubstr("mounted"));
}

TEST_F(UnfinishedFolderTest, ALinkToAFolderStays) {
  fs::create_directory(target());
  fs::create_directory_symlink(target(), temp_.path() / "link");
  auto folder = UnfinishedFolder::begin(temp_.path() / "link");
  ASSERT_TRUE(folder) << folder.error().what;
  std::ofstream(folder->path() / "file") << "x";
  ASSERT_TRUE(folder->finish());
  EXPECT_TRUE(fs::is_symlink(temp_.path() / "link"));
  EXPECT_TRUE(fs::exists(target() / "file"));
}

TEST_F(UnfinishedFolderTest, TooLittleRoomIsSaidBefore) {
  const auto folder = UnfinishedFolder::begin(target());
  ASSERT_TRUE(folder);
  EXPECT_TRUE(folder->need_room(1));
  const auto much = folder->need_room(std::uint64_t{1} << 60);
  ASSERT_FALSE(much);
  EXPECT_THAT(much.error().what, HasSubstr("no room"));
}

}  // namespace
}  // namespace sportapp::backup
