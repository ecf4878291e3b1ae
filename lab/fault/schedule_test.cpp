#include "lab/fault/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sportapp::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

FaultPlan plan(FaultKind kind, const std::string& target) {
  FaultPlan made;
  made.number = 3;
  made.kind = kind;
  made.target = target;
  return made;
}

std::string complaint(const FaultPlan& wrong) {
  const auto checked = check(wrong);
  return checked ? "" : checked.error().what;
}

TEST(ScheduleTest, ATargetHasPartsAndAWayTwoEnds) {
  EXPECT_THAT(parts_of("users.primary"), ElementsAre("users.primary"));
  EXPECT_THAT(parts_of("users.primary+monitor+redis"), ElementsAre("users.primary", "monitor", "redis"));
  EXPECT_EQ(ends_of("monitor-users.spare")->one, "monitor");
  EXPECT_EQ(ends_of("monitor-users.spare")->other, "users.spare");
  for (const auto* wrong : {"", "monitor", "-", "monitor-", "-monitor", "a-b-c"})
    EXPECT_FALSE(ends_of(wrong)) << wrong;
}

TEST(ScheduleTest, WhatIsCompleteIsTaken) {
  for (const auto kind : {FaultKind::kKill, FaultKind::kStop, FaultKind::kFullDisk, FaultKind::kSqueeze,
                          FaultKind::kSwitchover}) {
    EXPECT_EQ(complaint(plan(kind, "users")), "");
  }
  for (const auto kind : {FaultKind::kPoison, FaultKind::kRolling}) EXPECT_EQ(complaint(plan(kind, "")), "");
  auto slow = plan(FaultKind::kSlowDisk, "users.primary");
  slow.delay_ms = 50;
  EXPECT_EQ(complaint(slow), "");
  EXPECT_EQ(complaint(plan(FaultKind::kCut, "monitor-users.spare+users.primary-users.spare")), "");
}

TEST(ScheduleTest, WhatIsMissingOrOutOfBoundsIsNamed) {
  EXPECT_THAT(complaint(plan(FaultKind::kFreeze, "users.primary")),
              HasSubstr("fault 3 (freeze): heal_after_ms is missing"));
  EXPECT_THAT(complaint(plan(FaultKind::kSlowDisk, "users.primary")), HasSubstr("delay_ms is 0"));
  EXPECT_THAT(complaint(plan(FaultKind::kCommand, "")), HasSubstr("inject is missing"));
  EXPECT_THAT(complaint(plan(FaultKind::kCut, "users.primary")), HasSubstr("'users.primary' is not a link"));
  EXPECT_THAT(complaint(plan(FaultKind::kKill, "users.primary+")), HasSubstr("has an empty part"));
  auto early = plan(FaultKind::kKill, "monitor");
  early.at_us = -1;
  EXPECT_THAT(complaint(early), HasSubstr("before the load's start"));
  auto backwards = plan(FaultKind::kKill, "monitor");
  backwards.heal_after_ms = -1;
  EXPECT_THAT(complaint(backwards), HasSubstr("heal_after_ms is -1"));
  auto squeeze = plan(FaultKind::kSqueeze, "monitor");
  squeeze.cpu_percent = 4;
  EXPECT_THAT(complaint(squeeze), HasSubstr("cpu_percent is 4, must be 5 to 100"));
  auto poison = plan(FaultKind::kPoison, "");
  poison.how = "itch";
  EXPECT_THAT(complaint(poison), HasSubstr("how is 'itch', must be crash, hang or memory"));
  auto cut = plan(FaultKind::kCut, "monitor-users.spare");
  cut.action = LinkAction::kPass;
  EXPECT_THAT(complaint(cut), HasSubstr("verb is pass"));
  cut.action = LinkAction::kLimit;
  EXPECT_THAT(complaint(cut), HasSubstr("bytes_per_s is 0"));
  cut.action = LinkAction::kDelay;
  EXPECT_THAT(complaint(cut), HasSubstr("delay_ms is 0"));
}

}  // namespace
}  // namespace sportapp::lab
