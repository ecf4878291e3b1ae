#include "lab/agent/disks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/files.hpp"
#include "lab/agent/task.hpp"
#include "lab/agent/testing.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;

constexpr int kTaskMs = 30'000;

// Programs of the system, with and without the library, that write into one of two folders.
class DisksTest : public ::testing::Test {
 protected:
  DisksTest() : table_(folder_.path() / "disks") {
    EXPECT_TRUE(make_disk_table(table_));
    for (const auto* name : {"a", "ab"}) fs::create_directories(folder_.path() / name / "deep");
  }
  [[nodiscard]] fs::path path(const std::string& name) const { return folder_.path() / name; }
  Result<void> run(const std::string& script) {
    const auto arguments =
        testing::with_disk_library(table_, "cd " + folder_.path().string() + " && " + script);
    return run_task(arguments, path("log"), kTaskMs);
  }
  std::int64_t took_ms(const std::string& script) {
    using namespace std::chrono;
    const auto begin = steady_clock::now();
    EXPECT_TRUE(run(script)) << script;
    return duration_cast<milliseconds>(steady_clock::now() - begin).count();
  }

  const sportapp::testing::TempFolder folder_;
  const fs::path table_;
};

TEST_F(DisksTest, AFullDiskTakesNothingThatIsWritten) {
  ASSERT_TRUE(run("echo before > a/file"));
  ASSERT_TRUE(trouble_disk(table_, path("a"), {0, true}));
  const auto written = run("dd if=/dev/zero of=a/deep/more bs=1k count=1");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().what, ::testing::HasSubstr("No space left on device"));
  EXPECT_FALSE(run("dd if=/dev/zero of=a/file bs=1 count=1 conv=notrunc"));
  EXPECT_FALSE(run("truncate -s 1M a/file"));
  EXPECT_FALSE(run("fallocate -l 1M a/file"));
  EXPECT_TRUE(run("cat a/file && truncate -s 1 a/file && rm a/deep/more")) << "what needs no room is done";
  EXPECT_TRUE(run("echo other > ab/file && echo other > outside")) << "other folders have room";
  ASSERT_TRUE(heal_disk(table_, path("a"), {0, true}));
  EXPECT_TRUE(run("echo after > a/file"));
  EXPECT_EQ(read_file(path("a/file")), "after\n");
}

TEST_F(DisksTest, ASlowDiskTakesLongerForEachSync) {
  ASSERT_TRUE(trouble_disk(table_, path("a"), {400, false}));
  EXPECT_GE(took_ms("dd if=/dev/zero of=a/deep/file bs=1k count=1 conv=fsync"), 400);
  EXPECT_GE(took_ms("dd if=/dev/zero of=a/file bs=1k count=1 conv=fdatasync"), 400);
  EXPECT_GE(took_ms("for i in 1 2 3; do dd if=/dev/zero of=a/file bs=1k count=1 conv=fsync; done"), 1200);
  ASSERT_TRUE(trouble_disk(table_, path("a"), {20'000, false}));
  EXPECT_LT(took_ms("dd if=/dev/zero of=ab/file bs=1k count=1 conv=fsync"), 20'000);
  EXPECT_LT(took_ms("dd if=/dev/zero of=a/file bs=1k count=1"), 20'000) << "only syncs take longer";
}

TEST_F(DisksTest, ASyncThatWaitsGoesOnWhenTheDiskIsHealed) {
  ASSERT_TRUE(trouble_disk(table_, path("a"), {3'600'000, false}));
  const auto script = "exec dd if=/dev/zero of=" + path("a/file").string() + " bs=1k count=1 conv=fsync";
  auto waiting = Task::start(testing::with_disk_library(table_, script), path("log"));
  ASSERT_TRUE(waiting);
  EXPECT_FALSE(waiting->ended(500));
  ASSERT_TRUE(heal_disk(table_, path("a"), {3'600'000, false}));
  EXPECT_EQ(waiting->ended(kTaskMs), 0);
}

TEST_F(DisksTest, SlowAndFullAreHealedEachByItself) {
  ASSERT_TRUE(trouble_disk(table_, path("a"), {1, false}));
  ASSERT_TRUE(trouble_disk(table_, path("a"), {0, true}));
  ASSERT_TRUE(trouble_disk(table_, path("ab"), {0, true}));
  ASSERT_TRUE(heal_disk(table_, path("a"), {1, false}));
  EXPECT_FALSE(run("echo x > a/file"));
  ASSERT_TRUE(heal_disk(table_, path("a"), {0, true}));
  EXPECT_TRUE(run("echo x > a/file"));
  EXPECT_FALSE(run("echo x > ab/file"));
}

TEST_F(DisksTest, AFolderMayBeNamedByALink) {
  fs::create_directory_symlink(path("a"), path("link"));
  ASSERT_TRUE(trouble_disk(table_, path("link"), {0, true}));
  EXPECT_FALSE(run("echo x > a/file"));
  ASSERT_TRUE(heal_disk(table_, path("link"), {0, true}));
  EXPECT_TRUE(run("echo x > link/file"));
}

TEST_F(DisksTest, WhatCannotBeIsSaid) {
  for (int number = 0; number < 16; ++number) {
    ASSERT_TRUE(trouble_disk(table_, path(std::to_string(number)), {0, true}));
  }
  const auto one_more = trouble_disk(table_, path("one more"), {0, true});
  ASSERT_FALSE(one_more);
  EXPECT_THAT(one_more.error().what, ::testing::HasSubstr("all 16 places are taken"));
  ASSERT_TRUE(write_file(path("no table"), "hello"));
  EXPECT_FALSE(trouble_disk(path("no table"), path("a"), {0, true}));
  EXPECT_FALSE(trouble_disk(path("nothing"), path("a"), {0, true}));
}

}  // namespace
}  // namespace sportapp::lab
