#include "ops/instance/mending.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/files.hpp"
#include "ops/instance/data_folder.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::instance {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Mending : public ::testing::Test {
 protected:
  Mending() { EXPECT_TRUE(make_folders(layout_)); }
  [[nodiscard]] std::vector<std::string> mend() const {
    auto lines = mend_places(layout_);
    EXPECT_TRUE(lines) << lines.error().what;
    return lines ? *lines : std::vector<std::string>();
  }
  static mode_t mode_of(const fs::path& path) {
    struct stat seen {};
    EXPECT_EQ(::stat(path.c_str(), &seen), 0) << path;
    return seen.st_mode & 07777;
  }
  void make(const fs::path& path, mode_t mode, const std::string& text = "text") const {
    fs::create_directories(path.parent_path());
    ASSERT_TRUE(write_file(path, text));
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  sportapp::testing::TempFolder folder_;
  Layout layout_{folder_.path()};
};

}  // namespace

TEST_F(Mending, AWholeFolderIsLeftAsItIs) {
  make(layout_.ports_file(), 0600, "{}");
  make(layout_.config() / "monitor.toml", 0600);
  EXPECT_THAT(mend(), IsEmpty());
  EXPECT_TRUE(fs::exists(layout_.config() / "monitor.toml"));
}

TEST_F(Mending, WhatIsDamagedIsPutAsideAndTold) {
  make(layout_.ports_file(), 0600, "no ports");
  make(layout_.instance_file(), 0600, "{}");
  fs::create_directories(layout_.config() / "monitor.toml" / "inner");
  EXPECT_THAT(mend(), ElementsAre(AllOf(HasSubstr("ports.json was damaged"), HasSubstr("chosen again")),
                                  HasSubstr("instance.json was damaged"),
                                  HasSubstr("monitor.toml was a folder instead of a file")));
  EXPECT_EQ(read_file(layout_.run() / "ports.json.damaged"), "no ports");
  EXPECT_TRUE(fs::exists(layout_.config() / "monitor.toml.damaged" / "inner"));
  EXPECT_THAT(mend(), IsEmpty());
}

TEST_F(Mending, AFileInThePlaceOfAFolderIsPutAside) {
  fs::remove_all(layout_.logs());
  make(layout_.logs(), 0600);
  EXPECT_THAT(mend(), ElementsAre(HasSubstr("logs was no folder")));
  EXPECT_TRUE(make_folders(layout_));
}

TEST_F(Mending, DamagedLinesOfTheEventsAreCountedButNotTheLastWhichACrashMayCut) {
  const auto events = layout_.data / "monitor" / "events.jsonl";
  make(events, 0600, "{\"number\":1}\n\nno event\n{\"number\":2}\n{\"num");
  EXPECT_THAT(mend(), ElementsAre(HasSubstr("has 1 damaged lines")));
  make(events, 0600, "{\"number\":1}\n{\"num");
  EXPECT_THAT(mend(), IsEmpty());
}

TEST_F(Mending, DataOfNodesIsNotTouched) {
  const auto journal = layout_.data / "users-commands-a" / "journal.db";
  make(journal, 0600, "no journal");
  make(layout_.data / "monitor" / "users.record", 0600, "no record");
  EXPECT_THAT(mend(), IsEmpty());
  EXPECT_EQ(read_file(journal), "no journal");
}

TEST_F(Mending, OthersLoseTheirPermissionsOfWhatAnInstanceMakes) {
  const auto journal = layout_.data / "users-commands-a" / "journal.db";
  make(journal, 0644);
  make(layout_.data / "sportapp.toml", 0644);
  make(layout_.data / "of-mine" / "file", 0644);
  make(layout_.key_file(), 0644);
  ASSERT_EQ(::chmod(layout_.data.c_str(), 0755), 0);
  for (const auto& folder :
       {layout_.run(), layout_.in_hand(), layout_.logs(), layout_.config(), journal.parent_path()}) {
    ASSERT_EQ(::chmod(folder.c_str(), 0755), 0);
  }
  EXPECT_THAT(make_private(layout_), ElementsAre(HasSubstr("7 files and folders")));
  EXPECT_EQ(mode_of(journal), 0600U);
  EXPECT_EQ(mode_of(journal.parent_path()), 0700U);
  EXPECT_EQ(mode_of(layout_.data), 0700U);
  EXPECT_EQ(mode_of(layout_.data / "sportapp.toml"), 0644U);
  EXPECT_EQ(mode_of(layout_.data / "of-mine" / "file"), 0644U);
  EXPECT_EQ(mode_of(layout_.key_file()), 0644U) << "others may know it: that is for its check to refuse";
  EXPECT_THAT(make_private(layout_), IsEmpty());
}

TEST_F(Mending, AFolderThatManyShareStaysOpen) {
  ASSERT_EQ(::chmod(layout_.data.c_str(), 01777), 0);
  (void)make_private(layout_);
  EXPECT_EQ(mode_of(layout_.data), 01777U);
}

}  // namespace sportapp::instance
