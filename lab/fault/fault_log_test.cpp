#include "lab/fault/fault_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

TEST(StruckLogTest, WhatIsWrittenIsRead) {
  const sportapp::testing::TempFolder folder;
  const auto file = folder.path() / "faults.jsonl";
  const InjectedFault kill{1,          FaultKind::kKill, "users.primary", "kill -9 of users-commands-a",
                           10'000'000, std::nullopt};
  InjectedFault cut{2,          FaultKind::kCut, "users.primary-users.spare", "a \"quoted\" link",
                    20'000'000, std::nullopt};
  auto log = FaultLog::create(file);
  ASSERT_TRUE(log);
  ASSERT_TRUE(log->add(cut));
  ASSERT_TRUE(log->add(kill));
  EXPECT_EQ(*read_fault_log(file), (std::vector{kill, cut}));
  cut.healed_us = 23'000'000;
  ASSERT_TRUE(log->add(cut));
  EXPECT_EQ(*read_fault_log(file), (std::vector{kill, cut}));
}

TEST(StruckLogTest, EveryKindHasItsText) {
  for (int number = 0; number <= static_cast<int>(FaultKind::kCommand); ++number) {
    const auto kind = static_cast<FaultKind>(number);
    EXPECT_EQ(fault_kind(to_string(kind)), kind);
  }
  EXPECT_EQ(to_string(FaultKind::kSlowDisk), "slow_disk");
  EXPECT_EQ(to_string(FaultKind::kCommand), "command");
  EXPECT_FALSE(fault_kind("explode"));
}

TEST(StruckLogTest, AWrongLineIsNamed) {
  const sportapp::testing::TempFolder folder;
  const auto file = folder.path() / "faults.jsonl";
  const std::string good =
      R"({"number":1,"kind":"kill","target":"monitor","what":"kill -9 of monitor","at_us":1,"healed_us":null})";
  for (const std::string wrong :
       {"", "{", "[]", R"({"number":2})",
        R"({"number":1,"kind":"explode","target":"","what":"","at_us":1,"healed_us":null})"}) {
    std::ofstream(file) << good << "\n" << wrong << "\n" << good << "\n";
    const auto read = read_fault_log(file);
    ASSERT_FALSE(read) << wrong;
    EXPECT_THAT(read.error().what, ::testing::HasSubstr(file.string() + ":2: is not a fault")) << wrong;
  }
  EXPECT_FALSE(read_fault_log(folder.path() / "nothing"));
}

TEST(StruckLogTest, AFileThatCannotBeMadeIsSaid) {
  const auto log = FaultLog::create("/nowhere/faults.jsonl");
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().what, ::testing::HasSubstr("/nowhere/faults.jsonl"));
}

}  // namespace
}  // namespace sportapp::lab
