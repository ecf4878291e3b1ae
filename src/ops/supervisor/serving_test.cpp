#include "ops/supervisor/serving.hpp"

#include <gmock/gmock.h>

namespace sportapp::supervisor {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Serving, EverythingIsServedWhereEverySideIs) {
  const auto serving =
      read_health(R"({"status":"ok","services":{"users":{"commands":"ok","queries":"ok"}}})");
  ASSERT_TRUE(serving);
  EXPECT_TRUE(serving->all && serving->some);
  EXPECT_THAT(serving->missing, IsEmpty());
}

TEST(Serving, WhatIsMissingIsToldBySide) {
  const auto serving = read_health(
      R"({"status":"unavailable","services":{"users":{"commands":"the record is lost","queries":"ok"}}})");
  ASSERT_TRUE(serving);
  EXPECT_FALSE(serving->all);
  EXPECT_TRUE(serving->some);
  EXPECT_THAT(serving->missing, ElementsAre("users: commands are not served: the record is lost"));
}

TEST(Serving, WhetherAllThatIsMissingWaitsForAPerson) {
  const auto asked = [](const std::string& products) {
    const auto serving =
        read_health(R"({"services":{"users":{"commands":"the record is lost","queries":"ok"},)"
                    R"("products":{"commands":")" +
                    products + R"("}},"needs_person":["users"]})");
    return serving && serving->rest_needs_person;
  };
  EXPECT_TRUE(asked("ok"));
  EXPECT_FALSE(asked("starting")) << "which may come yet";
  EXPECT_FALSE(read_health(R"({"services":{"users":{"commands":"ok"}}})")->rest_needs_person);
}

TEST(Serving, ASpareThatFailsIsToldThoughEverythingIsServed) {
  const auto serving = read_health(
      R"({"status":"ok","services":{"users":{"commands":"ok"}},"degraded":{"users":{"commands":"b: full"}}})");
  ASSERT_TRUE(serving);
  EXPECT_TRUE(serving->all);
  EXPECT_THAT(serving->degraded, ElementsAre("users: commands are served, but b: full"));
}

TEST(Serving, NothingIsServedWithoutTheMonitor) {
  const auto serving = read_health(R"({"status":"unavailable","monitor":"does not answer"})");
  ASSERT_TRUE(serving);
  EXPECT_FALSE(serving->all || serving->some);
  EXPECT_THAT(serving->missing, ElementsAre("the monitor does not answer"));
}

TEST(Serving, WhatIsNoAnswerOfHealthIsAnError) {
  for (const auto* body : {"", "<html>", "[]", R"({"services":{"users":7}})"}) {
    EXPECT_FALSE(read_health(body)) << body;
  }
}

}  // namespace sportapp::supervisor
