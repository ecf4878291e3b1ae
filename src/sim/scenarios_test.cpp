// Cases that users of other failover systems reported as defects, each as it happened to them.
#include <gtest/gtest.h>

#include <functional>

#include "sim/faults.hpp"

namespace sportapp::simulator {
namespace {

Settings calm(int nodes) {
  Settings settings;
  settings.nodes = nodes;
  settings.patience_most = 20 * kMs;
  settings.weights.assign(kFaults, 0);
  return settings;
}

class Scenario : public ::testing::Test {
 protected:
  void begin(const Settings& settings) {
    world = std::make_unique<World>(settings);
    world->start();
    ASSERT_TRUE(until([this] { return all_in_sync(); }));
  }
  bool until(const std::function<bool()>& holds, std::int64_t most_ms = 30'000) {
    const auto end = world->timeline().now_us() + most_ms * kMs;
    while (!holds()) {
      if (world->timeline().now_us() > end) return false;
      world->run_for(kMs);
    }
    return true;
  }
  [[nodiscard]] const failover::Record& record() const { return world->monitor().record(); }
  bool all_in_sync() { return record().in_sync.size() == world->names().size() && record().primary == "a"; }
  bool takes_commands(std::size_t count = 20, std::int64_t most_ms = 120'000) {
    const auto before = world->checker().entries();
    return until([&] { return world->checker().entries() >= before + count; }, most_ms);
  }
  void end_well() {
    world->heal();
    world->clients().finish();
    EXPECT_NO_THROW(world->converge());
  }

  std::unique_ptr<World> world;
};

TEST_F(Scenario, APrimaryFrozenForLongAnswersNothingOfItsOwnWhenItThaws) {
  auto settings = calm(2);
  settings.think_most = kMs;
  begin(settings);
  world->node("a").hang();
  ASSERT_TRUE(takes_commands(3000));
  ASSERT_EQ(record().primary, "b");
  const auto frozen_at = world->node("a").files().head().seq;
  world->node("a").thaw();
  // That it answers nothing, and holds nothing back for ever, the checker and the clients see to.
  ASSERT_TRUE(until([this] { return all_in_sync(); }));
  EXPECT_GE(world->node("a").files().head().seq.value, frozen_at.value + 3000);
  end_well();
}

TEST_F(Scenario, ANewPrimaryIsWellOnceTheNetworkIs) {
  auto settings = calm(2);
  settings.fail_back_after_ms = -1;
  begin(settings);
  for (const auto* const other : {"b", "monitor", "clients"}) {
    world->network().cut("a", other);
    world->network().cut(other, "a");
  }
  ASSERT_TRUE(until([this] { return record().primary == "b"; }));
  ASSERT_TRUE(takes_commands());
  world->network().cut("b", "monitor");
  world->run_for(1000 * kMs);
  EXPECT_FALSE(world->monitor().monitor()->node("b").alive());
  world->network().heal();
  ASSERT_TRUE(until([this] { return record().in_sync.size() == 2; }));
  EXPECT_TRUE(world->monitor().monitor()->serving());
  EXPECT_TRUE(world->monitor().monitor()->alarm().empty());
  EXPECT_TRUE(world->monitor().monitor()->node("b").alive());
  end_well();
}

TEST_F(Scenario, ANodeThatHasCaughtUpCountsAtOnceAndNotAfterATimer) {
  begin(calm(2));
  world->node("b").end("killed");
  ASSERT_TRUE(takes_commands(500));
  world->node("b").start();
  ASSERT_TRUE(until([this] {
    return world->node("b").files().head().seq.value + 5 >= world->node("a").files().head().seq.value;
  }));
  const auto caught_up = world->timeline().now_ms();
  ASSERT_TRUE(until([this] { return record().in_sync.size() == 2; }));
  EXPECT_LE(world->timeline().now_ms() - caught_up, 3 * watch::ServiceDriver::kPingMs);
  end_well();
}

TEST_F(Scenario, ANodeStoppedOnPurposeIsDroppedOnceAndAdmittedOnce) {
  begin(calm(2));
  const auto before = record().epoch;
  world->node("b").end("stopped by its owner");
  ASSERT_TRUE(takes_commands());
  world->run_for(10'000 * kMs);
  EXPECT_EQ(record().epoch, before.next());
  world->node("b").start();
  ASSERT_TRUE(until([this] { return all_in_sync(); }));
  EXPECT_EQ(record().epoch, before.next().next());
  end_well();
}

TEST_F(Scenario, AStoppedPrimaryIsReplacedOnceAndNothingElseMoves) {
  begin(calm(2));
  const auto before = record().epoch;
  world->node("a").end("stopped by its owner");
  ASSERT_TRUE(takes_commands());
  world->run_for(10'000 * kMs);
  EXPECT_EQ(record().primary, "b");
  EXPECT_EQ(record().epoch, before.next());
  end_well();
}

TEST_F(Scenario, ACrashLoopDoesNotDragTheHealthyNodeAlong) {
  auto settings = calm(2);
  settings.fail_back_after_ms = 1000;
  begin(settings);
  const auto before = record().epoch;
  std::size_t times = 0;
  for (; times < 20; ++times) {
    // It dies a moment after it takes its place, or when nobody lets it have it.
    (void)until([this] { return record().primary == "a"; }, 1500);
    world->run_for(50 * kMs);
    world->node("a").end("it dies again");
    ASSERT_TRUE(takes_commands(5));
    world->node("a").start();
  }
  EXPECT_EQ(world->node("b").process().run(), 1U);
  // Admitted and dropped each time, and now and then primary: but not each time.
  EXPECT_LT(record().epoch.value, before.value + static_cast<std::int64_t>(3 * times));
  end_well();
}

TEST_F(Scenario, BothAtOnceComeBackWithoutAPerson) {
  begin(calm(2));
  ASSERT_TRUE(takes_commands());
  world->node("a").end("killed");
  world->node("b").end("killed");
  world->run_for(100 * kMs);
  world->node("b").start();
  ASSERT_TRUE(takes_commands());
  world->node("a").start();
  ASSERT_TRUE(until([this] { return all_in_sync(); }));
  end_well();
}

TEST_F(Scenario, WithoutAMonitorCommandsGoOn) {
  begin(calm(2));
  world->monitor().end("killed");
  EXPECT_TRUE(takes_commands(200));
  end_well();
}

TEST_F(Scenario, MonitorAndPrimaryTogetherAreBothReplaced) {
  begin(calm(2));
  world->node("a").end("killed");
  world->monitor().end("killed");
  world->run_for(300 * kMs);
  world->monitor().start();
  ASSERT_TRUE(takes_commands());
  EXPECT_EQ(record().primary, "b");
  end_well();
}

TEST_F(Scenario, TheLastOneThatWasPrimaryIsPrimaryAgainOnlyUnderANewEpoch) {
  begin(calm(2));
  world->node("b").end("killed");
  ASSERT_TRUE(takes_commands());
  const auto alone = record().epoch;
  world->node("a").end("killed");
  world->run_for(100 * kMs);
  world->node("b").start();  // lacks what was taken meanwhile
  world->run_for(5000 * kMs);
  EXPECT_EQ(record().epoch, alone);
  world->node("a").start();
  ASSERT_TRUE(takes_commands());
  EXPECT_GT(record().epoch, alone);
  end_well();
}

TEST_F(Scenario, ASwitchoverIsNotSeenByAnyClient) {
  auto settings = calm(2);
  settings.fail_back_after_ms = -1;
  begin(settings);
  for (const auto* const to : {"b", "a", "b"}) {
    const auto refused = world->clients().refused();
    world->monitor().switch_over(to);
    ASSERT_TRUE(until([&] { return record().primary == to && world->node(to).replica()->decides(); }));
    ASSERT_TRUE(takes_commands());
    EXPECT_EQ(record().in_sync.size(), 2U);
    EXPECT_EQ(world->clients().refused(), refused);
  }
  end_well();
}

TEST_F(Scenario, ASwitchoverDoesNotWaitForANodeThatIsGone) {
  begin(calm(3));
  world->monitor().switch_over("b");
  world->network().cut("c", "a");
  world->node("c").hang();
  ASSERT_TRUE(takes_commands());
  ASSERT_TRUE(until([this] { return record().member("c") == nullptr; }));
  end_well();
}

TEST_F(Scenario, ASpareThatCannotWriteIsDroppedOnceAndNotAdmittedBeforeItCan) {
  begin(calm(2));
  const auto before = record().epoch;
  world->node("b").disk().set({50, 400, 100, 0});
  ASSERT_TRUE(takes_commands(500));
  EXPECT_EQ(record().epoch, before.next());
  world->node("b").disk().set({});
  ASSERT_TRUE(until([this] { return all_in_sync(); }));
  end_well();
}

TEST_F(Scenario, APrimaryThatCannotWriteGivesItsPlaceUp) {
  begin(calm(2));
  world->node("a").disk().set({50, 400, 100, 0});
  ASSERT_TRUE(takes_commands());
  EXPECT_EQ(record().primary, "b");
  end_well();
}

TEST_F(Scenario, AFalseSuspicionLosesNothing) {
  begin(calm(3));
  for (int i = 0; i < 10; ++i) {
    world->monitor().suspect(record().primary);
    ASSERT_TRUE(takes_commands(10));
  }
  end_well();
}

}  // namespace
}  // namespace sportapp::simulator
