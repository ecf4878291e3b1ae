#include "lab/scenario/scenario.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "ops/instance/settings.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kStorm = R"(title = "t"
duration_s = 60
seed = 4
[[fault]]
kind = "kill"
target = "users.primary"
every_s = 10
from_s = 5
until_s = 40
[[fault]]
kind = "poison"
how = "hang"
at_s = 15
[random]
kinds = ["kill", "freeze", "switchover", "cut"]
targets = ["users.primary", "products.spare", "orders", "users.primary-users.spare"]
every_s = [1, 2]
heal_after_ms = [300, 900]
)";

class ScenarioTest : public ::testing::Test {
 protected:
  Result<Scenario> scenario(const std::string& text) {
    const auto file = folder_.path() / "mine.toml";
    std::ofstream(file) << text;
    return load_scenario(file);
  }
  sportapp::testing::TempFolder folder_;
};

std::string told(const FaultPlan& plan) {
  return std::string(to_string(plan.kind)) + " " + plan.target + " " + std::to_string(plan.at_us / 1000);
}
std::vector<std::string> told(const std::vector<FaultPlan>& schedule) {
  std::vector<std::string> lines;
  for (const auto& plan : schedule) lines.push_back(told(plan));
  return lines;
}

TEST(BadScenarios, EachIsRefusedWithItsLineAndWhatWouldBeRight) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SPORTAPP_FIXTURES "/scenarios/bad")) {
    std::ifstream in(entry.path());
    std::string expected;
    std::getline(in, expected);  // its first line
    const auto loaded = load_scenario(entry.path());
    ASSERT_FALSE(loaded) << entry.path();
    EXPECT_THAT(loaded.error().what, HasSubstr(entry.path().string() + ":" + expected.substr(2)));
    ++files;
  }
  EXPECT_GE(files, 20);
}

TEST_F(ScenarioTest, WhatIsNotSaidHasItsDefault) {
  const auto read = scenario("title = \"t\"\nduration_s = 9\n");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->name, "mine");
  EXPECT_EQ(read->level, Level::kMasked);
  EXPECT_EQ(read->load.mix.registers, 1);
  EXPECT_FALSE(read->random);
  std::vector<std::string> names;
  for (const auto& one : read->expect.expectations) {
    names.push_back(one.what);
    EXPECT_EQ(one.value, 0);
    EXPECT_EQ(one.bound, Expectation::Bound::kAtMost);
  }
  EXPECT_THAT(names, ElementsAre("failed", "lost", "doubled", "different", "stale", "unasked", "reordered"));
  EXPECT_TRUE(schedule_of(*read, 1, 9).empty());
}

TEST_F(ScenarioTest, EveryKeyIsRead) {
  const auto read = scenario(R"(title = "t"
description = "d"
duration_s = 30
[steady]
seconds = 2
failed = 3
p99_ms = 200.5
[load]
model = "open"
rate_per_s = 12.5
timeout_ms = 2000
mix = {read = 2, order = 1}
[[fault]]
kind = "cut"
target = "users.primary-users.spare+monitor-users.a"
verb = "delay"
direction = "there"
delay_ms = 40
at_s = 10
heal_after_ms = 700
after_redundant = true
[[fault]]
kind = "squeeze"
target = "users.both+redis"
cpu_percent = 20
at_s = 12.25
[[fault]]
kind = "command"
inject = "touch x"
heal = "rm x"
at_s = 13
[expect]
failed_percent = 1.5
failovers_at_least = 2
outage_worst_ms = 300
refused_after = ["cut", "squeeze"]
redundant_within_s = 20
memory_growth_percent = 5
)");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->steady.p99_ms, 200.5);
  EXPECT_EQ(read->load.rate_per_s, 12.5);
  EXPECT_EQ(read->load.mix.registers, 0) << "a mix that is given is the whole of it";
  EXPECT_EQ(read->load.mix.reads, 2);
  const auto schedule = schedule_of(*read, 1, 30);
  ASSERT_EQ(schedule.size(), 3U);
  EXPECT_EQ(schedule[0].action, LinkAction::kDelay);
  EXPECT_EQ(schedule[0].direction, Direction::kThere);
  EXPECT_EQ(schedule[0].delay_ms, 40);
  EXPECT_EQ(schedule[0].heal_after_ms, 700);
  EXPECT_TRUE(schedule[0].after_redundant);
  EXPECT_EQ(schedule[1].at_us, 12'250'000);
  EXPECT_EQ(schedule[1].cpu_percent, 20);
  EXPECT_EQ(schedule[2].inject, "touch x");
  EXPECT_THAT(read->expect.refused_after, ElementsAre(FaultKind::kCut, FaultKind::kSqueeze));
  EXPECT_EQ(read->expect.redundant_within_s, 20);
  const auto expected = [&](const std::string& what) {
    for (const auto& one : read->expect.expectations) {
      if (one.what == what) return one.bound == Expectation::Bound::kAtLeast ? one.value : -one.value;
    }
    return 0.5;
  };
  EXPECT_EQ(expected("failed"), 0.5) << "not twice";
  EXPECT_EQ(expected("failed_percent"), -1.5);
  EXPECT_EQ(expected("failovers"), 2);
  EXPECT_EQ(expected("outage_worst_ms"), -300);
}

TEST_F(ScenarioTest, OneSeedGivesOneSchedule) {
  const auto storm = scenario(kStorm);
  ASSERT_TRUE(storm) << storm.error().what;
  const auto once = told(schedule_of(*storm, 4, 60));
  EXPECT_GT(once.size(), 30U);
  EXPECT_EQ(once, told(schedule_of(*storm, 4, 60)));
  EXPECT_NE(once, told(schedule_of(*storm, 5, 60)));
}

TEST_F(ScenarioTest, AShorterRunHasTheBeginningOfTheSameSchedule) {
  const auto storm = scenario(kStorm);
  ASSERT_TRUE(storm) << storm.error().what;
  const auto whole = told(schedule_of(*storm, 4, 60));
  const auto part = told(schedule_of(*storm, 4, 20));
  ASSERT_LT(part.size(), whole.size());
  EXPECT_EQ(part, std::vector(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(part.size())));
}

TEST_F(ScenarioTest, FaultsAreInOrderAndFitTheirTargets) {
  const auto storm = scenario(kStorm);
  ASSERT_TRUE(storm) << storm.error().what;
  std::vector<std::string> kills;
  std::int64_t last_us = 0;
  int number = 0;
  for (const auto& plan : schedule_of(*storm, 4, 60)) {
    EXPECT_EQ(plan.number, ++number);
    EXPECT_GE(plan.at_us, std::exchange(last_us, plan.at_us));
    EXPECT_TRUE(check(plan)) << told(plan);
    if (plan.after_redundant) {
      EXPECT_EQ(plan.kind == FaultKind::kSwitchover, plan.target == "orders") << told(plan);
      EXPECT_EQ(plan.kind == FaultKind::kCut, plan.target.find('-') != std::string::npos) << told(plan);
      if (plan.kind == FaultKind::kFreeze) {
        EXPECT_GE(plan.heal_after_ms, 300);
        EXPECT_LE(plan.heal_after_ms, 900);
      }
    } else if (plan.kind == FaultKind::kKill) {
      kills.push_back(told(plan));
    } else {
      EXPECT_EQ(told(plan), "poison users.primary 15000");
      EXPECT_EQ(plan.how, "hang");
    }
  }
  EXPECT_THAT(kills, ElementsAre("kill users.primary 5000", "kill users.primary 15000",
                                 "kill users.primary 25000", "kill users.primary 35000"));
}

TEST(ReadyScenarios, EachIsRight) {
  const auto files = ready_scenarios();
  ASSERT_TRUE(files) << files.error().what;
  for (const auto& file : *files) {
    const auto read = load_scenario(file);
    EXPECT_TRUE(read) << read.error().what;
    EXPECT_EQ(find_scenario(file.stem().string()).value(), file);
  }
  EXPECT_THAT(find_scenario("crush").error().what, HasSubstr("'crush'"));
  EXPECT_THAT(find_scenario("crush").error().what, HasSubstr("crash"));
  EXPECT_EQ(find_scenario("./a.toml").value(), "./a.toml");
}

TEST(TacticsTest, LevelsAddUp) {
  EXPECT_EQ(tactics_of(Level::kMasked), Tactics()) << "the product as it is";
  EXPECT_FALSE(tactics_of(Level::kNone).restart);
  EXPECT_FALSE(tactics_of(Level::kRestart).detect_hangs);
  EXPECT_EQ(tactics_of(Level::kCold).spares, 0);
  EXPECT_EQ(tactics_of(Level::kWarm).spares, 1);
  EXPECT_FALSE(tactics_of(Level::kWarm).retry);
  EXPECT_THAT(levels("masked,none").value(), ElementsAre(Level::kNone, Level::kMasked));
  EXPECT_EQ(levels("all").value().size(), kLevels.size());
  EXPECT_THAT(levels("none,hot").error().what, HasSubstr("unknown tactics 'hot'; known: none, restart"));
  EXPECT_FALSE(levels(""));
}

TEST(TacticsTest, SettingsSayThem) {
  const sportapp::testing::TempFolder folder;
  for (const auto level : kLevels) {
    const auto file = folder.path() / "sportapp.toml";
    instance::Settings given;
    given.failover.suspicion_ms = 321;
    std::ofstream(file) << instance::settings_text(settings_with(tactics_of(level), given));
    const auto settings = instance::load_settings(file);
    ASSERT_TRUE(settings) << settings.error().what;
    const auto tactics = tactics_of(level);
    EXPECT_EQ(settings->tactics.restart, tactics.restart);
    EXPECT_EQ(settings->tactics.restart_after_ms, tactics.restart_after_ms);
    EXPECT_EQ(settings->tactics.detect_hangs, tactics.detect_hangs);
    EXPECT_EQ(settings->tactics.retry, tactics.retry);
    EXPECT_EQ(settings->services.spares, tactics.spares);
    EXPECT_EQ(settings->failover.hold_ms, tactics.hold_ms);
    EXPECT_EQ(settings->failover.suspicion_ms, 321);
  }
}

}  // namespace
}  // namespace sportapp::lab
