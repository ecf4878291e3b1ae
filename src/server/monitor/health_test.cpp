#include "server/monitor/health.hpp"

#include <gtest/gtest.h>

namespace sportapp::monitor {

TEST(Health, OneReadyProcessServesItsSide) {
  const auto health = health_of({{"users-commands-a", "users", "commands", ""},
                                 {"users-queries-1", "users", "queries", "no answer"},
                                 {"users-queries-2", "users", "queries", ""}});
  EXPECT_TRUE(health.ok);
  EXPECT_EQ(health.body, R"({"status":"ok","services":{"users":{"commands":"ok","queries":"ok"}},)"
                         R"("degraded":{"users":{"queries":"users-queries-1: no answer"}}})");
}

TEST(Health, NothingIsDegradedWhereEveryProcessIsReady) {
  const auto health = health_of({{"users-commands-a", "users", "commands", ""}});
  EXPECT_EQ(health.body, R"({"status":"ok","services":{"users":{"commands":"ok"}}})");
}

TEST(Health, ASpareThatFailsIsToldInItsOwnWords) {
  const auto health = health_of(
      {{"users-commands-a", "users", "commands", "", "a"},
       {"users-commands-b", "users", "commands",
        R"(answers 503 {"status":"not ready","reasons":["the disk of /b is full","and more"]})", "b"}},
      {{"users", {"a", ""}}});
  EXPECT_TRUE(health.ok);
  EXPECT_EQ(health.body,
            R"({"status":"ok","services":{"users":{"commands":"ok"}},)"
            R"("degraded":{"users":{"commands":"users-commands-b: the disk of /b is full; and more"}}})");
}

TEST(Health, WhyThereIsNoPrimaryIsToldOnce) {
  const auto* unready = R"(answers 503 {"status":"not ready","reasons":["no primary is known"]})";
  const auto health = health_of({{"users-commands-a", "users", "commands", unready, "a"},
                                 {"users-commands-b", "users", "commands", unready, "b"}},
                                {{"users", {"", "the record is lost"}}});
  EXPECT_EQ(health.body,
            R"({"status":"unavailable","services":{"users":{"commands":"the record is lost"}}})");
}

TEST(Health, WhatTheMonitorSaysOfANodeIsNotRepeatedAndTheRestIsTold) {
  const auto* a = R"(answers 503 {"status":"not ready","reasons":["the journal fails: x is damaged"]})";
  const auto* b = R"(answers 503 {"status":"not ready","reasons":["the journal fails: the disk is full"]})";
  const auto health = health_of(
      {{"users-commands-a", "users", "commands", a, "a"}, {"users-commands-b", "users", "commands", b, "b"}},
      {{"users", {"", "no node can be primary; a: x is damaged", true}}});
  EXPECT_NE(
      health.body.find(
          R"("no node can be primary; a: x is damaged; users-commands-b: the journal fails: the disk is full")"),
      std::string::npos)
      << health.body;
}

TEST(Health, WhichServiceWaitsForAPersonIsTold) {
  const auto health =
      health_of({{"users-queries-1", "users", "queries", ""}, {"orders-queries-1", "orders", "queries", ""}},
                {{"users", {"", "the record is lost", true}}, {"orders", {"a", "a: no answer", false}}});
  EXPECT_NE(health.body.find(R"("needs_person":["users"])"), std::string::npos) << health.body;
}

TEST(Health, SaysWhatCannotBeServedAndWhy) {
  const auto health = health_of({{"users-commands-a", "users", "commands", "no answer"},
                                 {"users-commands-b", "users", "commands", "disk full"},
                                 {"users-queries-1", "users", "queries", ""}});
  EXPECT_FALSE(health.ok);
  EXPECT_EQ(health.body,
            R"({"status":"unavailable","services":{"users":{"commands":"users-commands-a: no answer; )"
            R"(users-commands-b: disk full","queries":"ok"}}})");
}

TEST(Health, CommandsAreServedWhileANodeIsPrimaryAndReady) {
  std::vector<Watched> processes{{"users-commands-a", "users", "commands", "no answer", "a"},
                                 {"users-commands-b", "users", "commands", "", "b"}};
  EXPECT_TRUE(health_of(processes, {{"users", {"b", ""}}}).ok);
  EXPECT_FALSE(health_of(processes, {{"users", {"a", ""}}}).ok) << "the primary does not answer";
  const auto none = health_of(processes, {{"users", {"a", "a: connection broken"}}});
  EXPECT_FALSE(none.ok) << "a spare alone takes no commands";
  EXPECT_EQ(none.body, R"({"status":"unavailable","services":{"users":{"commands":"a: connection broken; )"
                       R"(users-commands-a: no answer"}}})");
}

}  // namespace sportapp::monitor
