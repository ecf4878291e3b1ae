#include "lab/fault/conductor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "lab/fault/testing.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::is_stopped;
using testing::until;

constexpr std::int64_t kUsPerMs = 1000;
constexpr std::int64_t kHourUs = std::int64_t{3600} * 1'000'000;

class ConductorTest : public ::testing::Test {
 protected:
  ConductorTest()
      : sleepers_(run_ / "data"),
        agent_(FaultAgent::start(run_).value()),
        log_(FaultLog::create(run_ / "faults.jsonl").value()) {
    bounds_.end_us = kHourUs;
  }
  FaultPlan plan(FaultKind kind, const std::string& target, std::int64_t at_ms,
                 std::int64_t heal_after_ms = 0) {
    FaultPlan made;
    made.number = ++last_number_;
    made.kind = kind;
    made.target = target;
    made.at_us = at_ms * kUsPerMs;
    made.heal_after_ms = heal_after_ms;
    return made;
  }
  Conductor::Outcome conduct(std::vector<FaultPlan> schedule, const std::stop_token& stop = {}) {
    const auto start = std::chrono::steady_clock::now();
    const FaultContext context{sleepers_, *agent_, links_,
                               run_,      {},      [](const std::string& how) { return how; }};
    Conductor conductor(
        std::move(schedule), context, log_,
        [start] {
          using namespace std::chrono;
          return duration_cast<microseconds>(steady_clock::now() - start).count();
        },
        bounds_,
        [this](const InjectedFault& struck) {
          const std::lock_guard lock(mutex_);
          told_.push_back(struck);
        });
    return conductor.run(stop);
  }
  [[nodiscard]] std::size_t told() {
    const std::lock_guard lock(mutex_);
    return told_.size();
  }

  const sportapp::testing::TempFolder folder_;
  const fs::path run_ = folder_.path();
  testing::Sleepers sleepers_;
  std::unique_ptr<FaultAgent> agent_;
  ProxiedLinks links_;
  FaultLog log_;
  Conductor::Bounds bounds_;
  std::mutex mutex_;
  std::vector<InjectedFault> told_;
  int last_number_ = 0;
};

TEST_F(ConductorTest, EachStrikesInItsTurnNeverBeforeItsTimeAndIsHealed) {
  auto late = plan(FaultKind::kKill, "monitor", 600);
  const auto freeze = plan(FaultKind::kFreeze, "users.primary", 200, 300);
  const auto outcome = conduct({late, freeze, plan(FaultKind::kPoison, "", 0)});
  EXPECT_THAT(outcome.troubles, ElementsAre());
  ASSERT_EQ(outcome.struck.size(), 3U);
  EXPECT_EQ(outcome.struck[0].kind, FaultKind::kPoison);
  EXPECT_EQ(outcome.struck[1].kind, FaultKind::kFreeze);
  EXPECT_GE(outcome.struck[1].at_us, 200 * kUsPerMs);
  ASSERT_TRUE(outcome.struck[1].healed_us);
  EXPECT_GE(*outcome.struck[1].healed_us, outcome.struck[1].at_us + 300 * kUsPerMs);
  EXPECT_GE(outcome.struck[2].at_us, 600 * kUsPerMs);
  EXPECT_FALSE(outcome.struck[2].healed_us);
  EXPECT_FALSE(is_stopped(sleepers_.process("users-commands-a").pid()));
  EXPECT_TRUE(sleepers_.process("monitor").ended(1000));
  const auto read = read_fault_log(run_ / "faults.jsonl").value();
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[1], outcome.struck[1]) << "number 2, the freeze";
  EXPECT_EQ(told(), 4U) << "three that struck, one of them healed";
}

TEST_F(ConductorTest, OneThatAsksForRedundancyWaitsForIt) {
  sleepers_.set_redundant_after(3);
  auto kill = plan(FaultKind::kKill, "users.primary", 0);
  kill.after_redundant = true;
  const auto outcome = conduct({kill});
  EXPECT_THAT(outcome.troubles, ElementsAre());
  EXPECT_EQ(outcome.struck.size(), 1U);
  EXPECT_EQ(sleepers_.asked(), 4);
}

TEST_F(ConductorTest, OneThatWaitsForRedundancyInVainIsSaidAndTheOthersStrike) {
  sleepers_.set_redundant_after(1'000'000);
  bounds_.redundant_within_ms = 200;
  auto kill = plan(FaultKind::kKill, "users.primary", 0);
  kill.after_redundant = true;
  const auto outcome = conduct({kill, plan(FaultKind::kKill, "monitor", 10)});
  EXPECT_THAT(outcome.troubles,
              ElementsAre(HasSubstr("fault 1 (kill users.primary) was not struck: not redundant within 200 "
                                    "ms: users has no spare")));
  ASSERT_EQ(outcome.struck.size(), 1U);
  EXPECT_EQ(outcome.struck[0].target, "monitor");
  EXPECT_FALSE(sleepers_.process("users-commands-a").ended());
}

TEST_F(ConductorTest, ATargetThatIsNotThereIsWaitedForAWhile) {
  sleepers_.set("users.spare", {});
  bounds_.target_within_ms = 300;
  const auto outcome =
      conduct({plan(FaultKind::kKill, "users.spare", 0), plan(FaultKind::kKill, "nobody", 0)});
  EXPECT_TRUE(outcome.struck.empty());
  EXPECT_THAT(outcome.troubles,
              ElementsAre(HasSubstr("nobody is 'users.spare' now"), HasSubstr("there is no 'nobody'")));
}

TEST_F(ConductorTest, AtTheEndEverythingIsHealedAndNothingStrikesLater) {
  bounds_.end_us = 500 * kUsPerMs;
  const auto outcome =
      conduct({plan(FaultKind::kFreeze, "users.primary", 0, 3'600'000), plan(FaultKind::kStop, "monitor", 0),
               plan(FaultKind::kKill, "users.spare", 10'000)});
  EXPECT_THAT(outcome.troubles,
              ElementsAre(HasSubstr("fault 3 (kill users.spare) was not struck: the end came")));
  ASSERT_EQ(outcome.struck.size(), 2U);
  for (const auto& struck : outcome.struck) EXPECT_TRUE(struck.healed_us) << struck.what;
  for (const auto* name : {"users-commands-a", "monitor"}) {
    EXPECT_TRUE(until([&] { return !is_stopped(sleepers_.process(name).pid()); }));
  }
  EXPECT_FALSE(sleepers_.process("users-commands-b").ended());
}

TEST_F(ConductorTest, WhatNobodyHealsLastsUntilTheEndThoughItIsTheLastToStrike) {
  bounds_.end_us = 600 * kUsPerMs;
  const auto outcome =
      conduct({plan(FaultKind::kKill, "monitor", 0), plan(FaultKind::kStop, "users.primary", 50)});
  EXPECT_THAT(outcome.troubles, ElementsAre());
  ASSERT_EQ(outcome.struck.size(), 2U);
  ASSERT_TRUE(outcome.struck[1].healed_us);
  EXPECT_GE(*outcome.struck[1].healed_us, bounds_.end_us);
}

TEST_F(ConductorTest, WhenAskedToStopItHealsAndReturns) {
  std::stop_source stop;
  const std::jthread asks([&] {
    EXPECT_TRUE(until([&] { return told() > 0; }));
    EXPECT_TRUE(until([&] { return is_stopped(sleepers_.process("users-commands-a").pid()); }));
    stop.request_stop();
  });
  const auto outcome =
      conduct({plan(FaultKind::kStop, "users.primary", 0), plan(FaultKind::kKill, "monitor", 3'000'000)},
              stop.get_token());
  EXPECT_THAT(outcome.troubles, ElementsAre());
  EXPECT_EQ(outcome.struck.size(), 1U);
  EXPECT_TRUE(until([&] { return !is_stopped(sleepers_.process("users-commands-a").pid()); }));
  EXPECT_FALSE(sleepers_.process("monitor").ended());
}

TEST_F(ConductorTest, CommandsRunBesideOtherFaultsAndTheirFailureIsTold) {
  auto slow = plan(FaultKind::kCommand, "", 0);
  slow.inject = "sleep 0.5";
  auto fails = plan(FaultKind::kCommand, "", 0);
  fails.inject = "exit 3";
  const auto outcome = conduct({slow, fails, plan(FaultKind::kKill, "monitor", 100)});
  EXPECT_EQ(outcome.struck.size(), 3U);
  EXPECT_TRUE(outcome.struck[0].healed_us) << "it ended by itself";
  EXPECT_FALSE(outcome.struck[1].healed_us);
  EXPECT_THAT(outcome.troubles,
              ElementsAre(HasSubstr("fault 2 (exit 3) went wrong: sh -c exit 3 ended with status 3")));
}

}  // namespace
}  // namespace sportapp::lab
