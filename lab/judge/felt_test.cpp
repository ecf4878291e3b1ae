// What clients felt, and what the monitor did meanwhile: outcomes, latency, outage, roles, recovery.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "lab/judge/result_of.hpp"
#include "lab/judge/testing.hpp"

namespace sportapp::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
namespace json = boost::json;

class FeltTest : public JudgeFixture {
 protected:
  // Nothing is acknowledged between two numbers: what was due then is answered together, a moment before the
  // last.
  void stall(int from, int until) {
    for (int number = from; number < until; ++number)
      at(number).answered_us = at(until).sent_us - 1000 + number;
  }
  static std::string event(std::int64_t at_ms, const char* rule, int epoch, const char* primary,
                           const std::vector<const char*>& in_sync) {
    json::array members;
    for (const auto* node : in_sync) members.push_back(json::object{{"node", node}, {"promise", epoch}});
    return json::serialize(
        json::object{{"number", 1},
                     {"time_ms", 1'000'000 + at_ms},
                     {"service", "users"},
                     {"rule", rule},
                     {"what", "does"},
                     {"cause", "because"},
                     {"epoch", epoch},
                     {"record", json::object{{"epoch", epoch}, {"primary", primary}, {"in_sync", members}}}});
  }
  void tell(const std::vector<std::string>& lines) {
    evidence_.started_wall_us = 1'000'000'000;
    for (const auto& line : lines)
      evidence_.events.push_back(event_of(line, evidence_.started_wall_us).value());
  }
};

TEST_F(FeltTest, WarmUpAndPoisonAreCountedApart) {
  at(1).due_us = -5;
  at(1).outcome = "400";
  at(2).op = Op::kPoison;
  at(2).outcome = "500";
  at(3).op = Op::kPoison;
  at(3).outcome = "cut";
  const auto counts = judged().tallied.counts;
  EXPECT_EQ(counts.requests, kUsers - 3);
  EXPECT_EQ(counts.acknowledged, kUsers - 3);
  EXPECT_EQ(counts.poison, 2);
  EXPECT_EQ(counts.failed, 0);
}

TEST_F(FeltTest, AnHonestRefusalIsAllowedOnlyAfterAFaultAndWhereTheScenarioSaysSo) {
  for (const int number : {50, 200, 201, 202}) {
    at(number).outcome = "503";
    at(number).retry_after = number == 202 ? "" : "1";
  }
  at(203).outcome = "502";
  at(203).retry_after = "1";
  evidence_.faults = {fault(1, 100 * kEveryUs)};
  EXPECT_EQ(judged().tallied.counts.failed, 5);
  evidence_.rules.refusals_after = {FaultKind::kKill};
  const auto counts = judged().tallied.counts;
  EXPECT_EQ(counts.refused_as_allowed, 2);
  EXPECT_EQ(counts.failed, 3) << "before any fault, without Retry-After, and what is no refusal";
}

TEST_F(FeltTest, AnOutageLastsUntilACommandSentAfterTheFaultIsAcknowledged) {
  evidence_.faults = {fault(1, 100 * kEveryUs + 100)};  // 100 is under way
  stall(101, 120);
  const auto judgement = judged();
  ASSERT_EQ(judgement.outages.size(), 1U);
  const auto& outage = judgement.outages[0];
  EXPECT_EQ(outage.first_acknowledged_us, at(101).answered_us - evidence_.faults[0].at_us);
  EXPECT_EQ(outage.silence_us, at(101).answered_us - at(100).answered_us);
  EXPECT_EQ(judgement.measures.at("outage_worst_ms"),
            static_cast<double>(*outage.first_acknowledged_us) / 1000);
  EXPECT_THAT(judgement.line, ::testing::HasSubstr("worst outage 199 ms"));
}

TEST_F(FeltTest, WhoDoesNotComeBackIsAwayAsLongAsItWasWatched) {
  evidence_.faults = {fault(1, 100 * kEveryUs + 100)};
  for (int number = 101; number <= kUsers; ++number) at(number).outcome = "502";
  const auto judgement = judged();
  ASSERT_EQ(judgement.outages.size(), 1U);
  EXPECT_FALSE(judgement.outages[0].first_acknowledged_us);
  EXPECT_EQ(judgement.measures.at("outage_worst_ms"), (201 * kEveryUs - 100) / 1000.0);
  EXPECT_THAT(judgement.line, ::testing::HasSubstr("200 of 300 requests failed"));
  EXPECT_THAT(judgement.line, ::testing::HasSubstr("after fault 1 it did not come back"));
}

TEST_F(FeltTest, TheOutageOfAServiceIsNotHiddenByAnother) {
  evidence_.faults = {fault(1, 100 * kEveryUs + 100, "users.primary+monitor"),
                      fault(2, 200 * kEveryUs, "products.primary"),
                      fault(3, 250 * kEveryUs, "users.queries")};
  stall(101, 120);
  for (int number = 101; number < 120; ++number) {
    auto product = registration(number);
    product.op = Op::kProduct;
    product.position = fmt::format("products={}", number);
    requests_.push_back(product);
  }
  const auto judgement = judged();
  ASSERT_EQ(judgement.outages.size(), 2U) << "nothing was read, so nobody felt the third";
  EXPECT_GT(judgement.outages[0].first_acknowledged_us, 150'000);
  EXPECT_FALSE(judgement.outages[1].first_acknowledged_us) << "no product after it";
}

TEST_F(FeltTest, LatencyCountsFromWhenItWasDueAndSaysWhatIsUsual) {
  for (int number = 151; number <= kUsers; ++number) at(number).due_us -= 30'000;
  evidence_.faults = {fault(1, 150 * kEveryUs + 5000)};
  const auto judgement = judged();
  EXPECT_NEAR(judgement.measures.at("usual_p99_ms").value(), 2, 0.1);
  EXPECT_NEAR(judgement.measures.at("p99_ms").value(), 32, 1.1);
  EXPECT_EQ(judgement.tallied.took.max_us(), 32'000);
  EXPECT_EQ(judgement.tallied.counts.masked, 150);
  ASSERT_EQ(judgement.tallied.slow.size(), 50U);
  EXPECT_EQ(judgement.tallied.slow[0].fault, 1);
  EXPECT_EQ(judgement.tallied.slow[0].took_us, 32'000);
}

TEST_F(FeltTest, TheTimeLineHasEveryRequestOnce) {
  at(10).outcome = "cut";
  at(299).outcome = "503";
  at(299).retry_after = "1";
  evidence_.faults = {fault(1, 280 * kEveryUs)};
  evidence_.rules.refusals_after = {FaultKind::kKill};
  const auto timeline = judged().tallied.timeline;
  EXPECT_EQ(timeline.bucket_us, 500'000);
  ASSERT_EQ(timeline.buckets.size(), 7U);
  std::int64_t all = 0;
  for (const auto& bucket : timeline.buckets) all += bucket.acknowledged + bucket.failed + bucket.refused;
  EXPECT_EQ(all, kUsers);
  EXPECT_EQ(timeline.buckets[0].failed, 1);
  EXPECT_EQ(timeline.buckets[5].refused, 1);
}

TEST_F(FeltTest, ALongRunHasNoMoreBuckets) {
  evidence_.duration_us = 3'600'000'000;
  EXPECT_EQ(judged().tallied.timeline.bucket_us, 6'500'000);
}

TEST_F(FeltTest, RolesAndRecoveryAreThoseOfTheMonitorsEvents) {
  // Entries of the promoted node: their epoch, and the wall clock when they were written.
  tamper_both("UPDATE entries SET epoch=2, time_ms=1000000 + seq * 10");
  tamper_both("UPDATE entries SET epoch=3 WHERE seq >= 104");
  evidence_.faults = {fault(1, 1'000'000)};
  tell({event(-500, "M10", 2, "a", {"a", "b"}), event(1003, "M6", 3, "b", {"b"}),
        event(1200, "M10", 4, "b", {"a", "b"}), event(2000, "M11", 5, "a", {"a", "b"})});
  const auto judgement = judged();
  ASSERT_EQ(judgement.recoveries.size(), 1U);
  EXPECT_EQ(judgement.recoveries[0].detect_us, 3000);
  EXPECT_EQ(judgement.recoveries[0].take_over_us, 40'000);
  EXPECT_EQ(judgement.recoveries[0].redundant_us, 200'000);
  EXPECT_EQ(judgement.measures.at("failovers"), 1);
  EXPECT_EQ(judgement.events.size(), 3U) << "what was before the load is told by the roles alone";
  std::vector<std::string> told;
  for (const auto& role : judgement.roles) {
    told.push_back(
        fmt::format("{} {} {}-{}", role.node, role.role, role.from_us / 1000, role.until_us / 1000));
  }
  EXPECT_THAT(told,
              ElementsAre("a primary 0-1003", "a away 1003-1200", "a spare 1200-2000", "a primary 2000-3010",
                          "b spare 0-1003", "b primary 1003-2000", "b spare 2000-3010"));
}

TEST_F(FeltTest, WhatTheMonitorDidForAnotherFaultIsNotThisOnesRecovery) {
  evidence_.faults = {fault(1, 500'000, "redis"), fault(2, 1'000'000),
                      fault(3, 1'500'000, "products.primary")};
  tell({event(-500, "M10", 2, "a", {"a", "b"}), event(1003, "M6", 3, "b", {"b"})});
  const auto judgement = judged();
  ASSERT_EQ(judgement.recoveries.size(), 3U);
  EXPECT_FALSE(judgement.recoveries[0].detect_us);
  EXPECT_EQ(judgement.recoveries[1].detect_us, 3000);
  EXPECT_FALSE(judgement.recoveries[1].redundant_us) << "nobody was admitted";
  EXPECT_FALSE(judgement.recoveries[2].detect_us);
}

TEST_F(FeltTest, ALineThatIsNoEventIsNone) {
  EXPECT_TRUE(event_of(event(1, "M6", 3, "b", {"b"}), 0));
  for (const auto* line : {"", "{", "{}", "[1]", R"({"number":1,"time_ms":3})"})
    EXPECT_FALSE(event_of(line, 0)) << line;
  EXPECT_THAT(read_events(folder_.path() / "nowhere", 0), IsEmpty());
}

TEST_F(FeltTest, TheResultHasEveryMemberAndCanBeRead) {
  evidence_.faults = {fault(1, 100 * kEveryUs + 100)};
  stall(101, 120);
  at(200).outcome = "502";
  tell({event(-500, "M10", 2, "a", {"a", "b"}), event(1003, "M6", 3, "b", {"b"})});
  result::Result result;
  fill(result, judged());
  const auto read = json::parse(json::serialize(to_json(result))).as_object();
  for (const auto* member : {"verdict", "counts", "failed_by", "lost", "doubled", "different", "stale",
                             "unasked", "reordered", "latency_ms", "outage_ms", "detect_ms", "take_over_ms",
                             "redundant_ms", "faults", "roles", "events", "timeline", "slow"}) {
    EXPECT_TRUE(read.contains(member)) << member;
  }
  EXPECT_EQ(read.at("failed_by").at("502"), 1);
  EXPECT_EQ(read.at("counts").at("requests"), kUsers);
  EXPECT_EQ(read.at("faults").at(0).at("kind"), "kill");
  EXPECT_TRUE(read.at("faults").at(0).at("healed_s").is_null());
  EXPECT_EQ(read.at("outage_ms").at("each").at(0).at("fault"), 1);
  EXPECT_TRUE(read.at("redundant_ms").at("worst").is_null());
  EXPECT_EQ(read.at("events").at(0).at("what"), "does: because");
  std::int64_t in_histogram = 0;
  for (const auto& step : read.at("latency_ms").at("histogram").as_array())
    in_histogram += step.at(1).as_int64();
  EXPECT_EQ(in_histogram, kUsers - 1);
}

}  // namespace
}  // namespace sportapp::lab
