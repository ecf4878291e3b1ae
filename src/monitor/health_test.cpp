#include "monitor/health.hpp"

#include <gtest/gtest.h>

namespace sportapp::monitor {

TEST(Health, OneReadyProcessServesItsSide) {
  const auto health = health_of({{"users-commands-a", "users", "commands", ""},
                                 {"users-queries-1", "users", "queries", "no answer"},
                                 {"users-queries-2", "users", "queries", ""}});
  EXPECT_TRUE(health.ok);
  EXPECT_EQ(health.body, R"({"status":"ok","services":{"users":{"commands":"ok","queries":"ok"}}})");
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
