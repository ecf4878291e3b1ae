#include "ha/failover/node.hpp"

#include <gtest/gtest.h>

namespace sportapp::failover {
namespace {

Ping ping(std::int64_t epoch, const std::string& primary, bool hand_over = false) {
  return {1, 1, {Epoch{epoch}, primary, {{primary, {}}}}, hand_over};
}

std::vector<NodeAction> actions(Node& node) {
  std::vector<NodeAction> all;
  for (const auto& order : node.take_orders()) all.push_back(order.action);
  return all;
}
using Actions = std::vector<NodeAction>;

// Primary under `epoch`, with nothing under way.
Node primary(std::int64_t epoch) {
  Node node("a", Epoch{});
  node.told(ping(epoch, "a"));
  node.promise_saved(Epoch{epoch});
  (void)node.take_orders();
  return node;
}

TEST(Node, ActsOnlyOnceItsPromiseIsOnDisk) {
  Node node("a", Epoch{2});
  node.told(ping(3, "a"));
  EXPECT_EQ(actions(node), Actions{NodeAction::kPromise});
  EXPECT_FALSE(node.leads());
  node.told(ping(3, "a"));
  EXPECT_EQ(actions(node), Actions{});
  node.promise_saved(Epoch{3});
  EXPECT_EQ(actions(node), Actions{NodeAction::kLead});
  EXPECT_TRUE(node.leads());
}

TEST(Node, ThatIsRestartedIsNotPrimaryByItself) {
  Node node("a", Epoch{3});
  node.told(ping(3, "a"));
  EXPECT_EQ(actions(node), Actions{});
  node.told(ping(4, "a"));
  EXPECT_EQ(actions(node), Actions{NodeAction::kPromise});
}

TEST(Node, IsNotMovedByAnOldRecord) {
  auto node = primary(5);
  node.told(ping(4, "b"));
  EXPECT_EQ(actions(node), Actions{});
  EXPECT_TRUE(node.leads());
}

TEST(Node, FollowsOnlyWhenThePromiseIsOnDisk) {
  Node node("a", Epoch{3});
  EXPECT_FALSE(node.follow(Epoch{4})) << "it was told nothing yet";
  EXPECT_EQ(actions(node), Actions{});
  node.told(ping(3, "b"));
  EXPECT_FALSE(node.follow(Epoch{4}));
  EXPECT_EQ(actions(node), Actions{NodeAction::kPromise});
  EXPECT_TRUE(node.refuses(Epoch{3}));  // it is being promised
  EXPECT_FALSE(node.follow(Epoch{4}));
  node.promise_saved(Epoch{4});
  EXPECT_TRUE(node.follow(Epoch{4}));
  EXPECT_EQ(node.state(), NodeState::kSpare);
}

TEST(Node, ThatNeverPromisedIsSeenByTheMonitorBeforeItFollows) {
  Node node("a", Epoch{});
  EXPECT_FALSE(node.follow(Epoch{4}));
  EXPECT_EQ(actions(node), Actions{});
  node.told(ping(4, "b"));
  EXPECT_FALSE(node.follow(Epoch{4}));
  EXPECT_EQ(actions(node), Actions{NodeAction::kPromise});
}

TEST(Node, ThatLostItsDiskNeitherLeadsNorPromisesWhileTheRecordCountsOnIt) {
  Node node("a", Epoch{});
  Ping told{1, 1, {Epoch{4}, "a", {{"a", Epoch{3}}, {"b", Epoch{3}}}}, false};
  node.told(told);
  EXPECT_EQ(actions(node), Actions{});
  told.record = {Epoch{5}, "b", {{"a", Epoch{3}}, {"b", Epoch{3}}}};
  node.told(told);
  EXPECT_FALSE(node.follow(Epoch{5}));
  EXPECT_EQ(actions(node), Actions{});
  node.told(ping(6, "b"));
  EXPECT_FALSE(node.follow(Epoch{6}));
  EXPECT_EQ(actions(node), Actions{NodeAction::kPromise});
}

TEST(Node, ThatLeadsAndIsSpokenToByALaterPrimaryAbdicatesFirst) {
  auto node = primary(3);
  EXPECT_FALSE(node.follow(Epoch{4}));
  EXPECT_EQ(actions(node), Actions{NodeAction::kAbdicate});
  EXPECT_FALSE(node.follow(Epoch{4}));
  node.journal_idle(true);
  EXPECT_EQ(actions(node), Actions{NodeAction::kStandDown});
  EXPECT_FALSE(node.follow(Epoch{4}));
  node.promise_saved(Epoch{4});
  EXPECT_TRUE(node.follow(Epoch{4}));
}

TEST(Node, ASwitchoverThatIsGivenUpLeadsOn) {
  auto node = primary(3);
  node.told(ping(3, "a", true));
  EXPECT_EQ(actions(node), Actions{NodeAction::kDrain});
  EXPECT_FALSE(node.drained());
  node.journal_idle(true);
  EXPECT_TRUE(node.drained());
  node.told(ping(3, "a", false));
  EXPECT_EQ(actions(node), Actions{NodeAction::kLead});
}

TEST(Node, WhatDrainsCountsByTheNewestRecord) {
  auto node = primary(3);
  node.told(ping(3, "a", true));
  (void)node.take_orders();
  node.told(ping(4, "a", true));
  EXPECT_EQ(actions(node), Actions{NodeAction::kPromise});
  node.promise_saved(Epoch{4});
  EXPECT_EQ(actions(node), Actions{NodeAction::kHeed});
  EXPECT_EQ(node.acting().epoch, Epoch{4});
  EXPECT_EQ(node.state(), NodeState::kDraining);
  node.journal_idle(true);
  EXPECT_TRUE(node.drained());
}

TEST(Node, ThatCannotWriteDoesNotTakeItsPlace) {
  Node node("a", Epoch{});
  node.journal_able(false);
  node.told(ping(1, "a"));
  EXPECT_EQ(actions(node), Actions{});
  node.journal_able(true);
  EXPECT_EQ(actions(node), Actions{NodeAction::kPromise});
}

TEST(Node, OverruledWhilePromisingStandsDownUntilANewerRecord) {
  Node node("a", Epoch{});
  node.told(ping(3, "a"));
  node.overruled();
  node.promise_saved(Epoch{3});
  EXPECT_EQ(actions(node), (Actions{NodeAction::kPromise, NodeAction::kStandDown}));
  node.told(ping(3, "a"));
  EXPECT_EQ(actions(node), Actions{});
}

}  // namespace
}  // namespace sportapp::failover
