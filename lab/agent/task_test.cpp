#include "lab/agent/task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/files.hpp"
#include "base/process/process_id.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

constexpr int kSurelyMs = 20'000;

class TaskTest : public ::testing::Test {
 protected:
  Task start(const std::string& script) { return std::move(Task::start({"sh", "-c", script}, log_).value()); }
  const sportapp::testing::TempFolder folder_;
  const std::filesystem::path log_ = folder_.path() / "log";
};

TEST_F(TaskTest, ItsEndAndWhatItSaidAreKept) {
  auto task = start("echo out; echo err >&2; exit 3");
  const auto status = task.ended(kSurelyMs);
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 3);
  EXPECT_EQ(task.ended(), status);
  EXPECT_EQ(read_file(log_), "out\nerr\n");
  EXPECT_TRUE(run_task({"sh", "-c", "echo more"}, log_, kSurelyMs));
  EXPECT_EQ(read_file(log_), "out\nerr\nmore\n");
}

TEST_F(TaskTest, WhatGoesWrongIsSaid) {
  const auto failed = run_task({"sh", "-c", "echo no luck; exit 7"}, log_, kSurelyMs);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().what, ::testing::HasSubstr("ended with status 7; it said last: no luck"));
  const auto missing = run_task({"no-such-program"}, log_, kSurelyMs);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().what, ::testing::HasSubstr("no-such-program"));
  const auto late = run_task({"sleep", "600"}, log_, 100);
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().what, ::testing::HasSubstr("sleep 600 did not end within 100 ms"));
}

TEST_F(TaskTest, ItsSessionIsKilledWithIt) {
  std::optional<process::ProcessId> grandchild;
  {
    auto task = start("sleep 600 & echo $!; wait");
    std::string said;
    for (int i = 0; i < kSurelyMs / 10 && said.empty(); ++i) {
      EXPECT_FALSE(task.ended(10));
      said = read_file(log_).value_or("");
    }
    grandchild = process::identify(std::stoi(said));
    ASSERT_TRUE(grandchild);
  }
  for (int i = 0; i < kSurelyMs / 10 && process::is_alive(*grandchild); ++i) ::usleep(10'000);
  EXPECT_FALSE(process::is_alive(*grandchild));
}

}  // namespace
}  // namespace sportapp::lab
