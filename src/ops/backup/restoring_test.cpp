#include "ops/backup/restoring.hpp"

#include <gmock/gmock.h>

#include "ops/backup/testing.hpp"

namespace sportapp::backup {
namespace {

using ::testing::HasSubstr;

class RestoringTest : public InstanceFilesTest {
 protected:
  void SetUp() override {
    make_instance();
    add("users", "a", 5);
    ASSERT_TRUE(taken());
  }
  [[nodiscard]] fs::path restored() const { return temp_.path() / "restored"; }
  [[nodiscard]] std::string refused() const {
    auto why = refusal(restore(target(), restored(), kGoOn));
    EXPECT_FALSE(fs::exists(temp_.path() / "restored.part"));
    return why;
  }
  static void change_byte(const fs::path& file, std::streamoff at) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    const auto was = static_cast<char>(stream.get());
    stream.seekp(at);
    stream.put(static_cast<char>(was ^ 1));
  }
};

TEST_F(RestoringTest, WhatIsRestoredGoesOnWithWhatWasThere) {
  const auto manifest = restore(target(), restored(), kGoOn);
  ASSERT_TRUE(manifest) << manifest.error().what;
  EXPECT_FALSE(fs::exists(restored() / kManifestFile)) << "it is not a backup";
  fs::remove_all(data());
  fs::rename(restored(), data());
  for (const auto* name : {"journal.mark", "journal.seal"})
    EXPECT_FALSE(fs::exists(node("users", "a") / name)) << "it would be of another journal";
  add("users", "a", 1);
  EXPECT_EQ(entries_in(node("users", "a") / "journal.db"), 6);
}

TEST_F(RestoringTest, AFolderWithSomethingInItIsLeftAlone) {
  write_text(restored() / "mine", "x");
  EXPECT_THAT(refused(), HasSubstr("something in it"));
  EXPECT_TRUE(fs::exists(restored() / "mine"));
}

TEST_F(RestoringTest, AnEmptyFolderIsTaken) {
  fs::create_directory(restored());
  EXPECT_EQ(refused(), "");
  EXPECT_TRUE(fs::exists(restored() / "users-commands-a/journal.db"));
}

TEST_F(RestoringTest, AChangedByteOfAnyFileIsFound) {
  const auto manifest = read_manifest(target());
  for (const auto& part : manifest->files) {
    const auto at = static_cast<std::streamoff>(part.bytes / 2);
    change_byte(target() / part.file, at);
    EXPECT_THAT(refused(), HasSubstr(part.file));
    EXPECT_FALSE(fs::exists(restored())) << part.file;
    change_byte(target() / part.file, at);
  }
  EXPECT_EQ(refused(), "");
}

TEST_F(RestoringTest, AMissingFileIsNamed) {
  fs::remove(target() / "users-commands-a/journal.db");
  EXPECT_THAT(refused(), HasSubstr("users-commands-a/journal.db"));
}

TEST_F(RestoringTest, WhatIsNoBackupIsRefused) {
  fs::remove(target() / kManifestFile);
  EXPECT_THAT(refused(), HasSubstr("is not a backup"));
}

TEST_F(RestoringTest, WhenItIsInterruptedNothingIsLeft) {
  EXPECT_FALSE(restore(target(), restored(), [](auto...) { return false; }));
  EXPECT_FALSE(fs::exists(restored()));
  EXPECT_EQ(refused(), "");
}

}  // namespace
}  // namespace sportapp::backup
