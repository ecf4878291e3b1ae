#include "lab/result/result.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "base/files.hpp"

namespace sportapp::lab::result {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

json::object smallest_result() {
  return json::parse(
             R"({"format":1,"scenario":{"name":"crash","duration_s":60},"started":"2026-11-25T15:44:00Z","label":"masked",
    "verdict":{"pass":true,"line":"0 of 10 requests failed"},"counts":{"requests":10,"acknowledged":10,"failed":0}})")
      .as_object();
}

std::string complaint_about(const std::function<void(json::object&)>& change) {
  auto result = smallest_result();
  change(result);
  const auto checked = check(result);
  return checked ? "" : checked.error().what;
}

TEST(ResultCheck, TakesTheSmallestResult) {
  EXPECT_EQ(complaint_about([](auto&) {}), "");
}

TEST(ResultCheck, NamesWhatIsMissingOrOfAnotherKind) {
  EXPECT_EQ(complaint_about([](auto& result) { result.erase("label"); }), "label is missing");
  EXPECT_EQ(complaint_about([](auto& result) { result["counts"] = 3; }), "counts must be an object");
  EXPECT_EQ(complaint_about([](auto& result) { result["verdict"].as_object()["pass"] = "yes"; }),
            "verdict.pass must be true or false");
  EXPECT_EQ(complaint_about(
                [](auto& result) { result["faults"] = json::parse(R"([{"number":1,"kind":"kill"}])"); }),
            "faults[].at_s is missing");
  EXPECT_EQ(complaint_about([](auto& result) { result["faults"] = json::parse("[1]"); }),
            "faults must be a list of objects");
  EXPECT_EQ(complaint_about([](auto& result) { result["timeline"] = json::parse(R"({"failed":[1,"2"]})"); }),
            "timeline.failed must be a list of numbers");
  EXPECT_EQ(complaint_about(
                [](auto& result) { result["latency_ms"] = json::parse(R"({"histogram":[[1,2],[3]]})"); }),
            "latency_ms.histogram must be a list of pairs of numbers");
  EXPECT_THAT(complaint_about([](auto& result) { result["format"] = 2; }), HasSubstr("format is 2"));
}

TEST(ResultCheck, LetsWhatIsNotKnownBeNull) {
  EXPECT_EQ(complaint_about([](auto& result) {
              result["detect_ms"] = nullptr;
              result["outage_ms"] =
                  json::parse(R"({"median":null,"worst":null,"each":[{"fault":1,"silence_ms":null}]})");
            }),
            "");
}

TEST(ResultCheck, TakesEverySample) {
  int samples = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(SPORTAPP_FIXTURES "/report")) {
    if (entry.path().filename() != "result.json") continue;
    ++samples;
    const auto checked = check(json::parse(read_file(entry.path()).value()).as_object());
    EXPECT_TRUE(checked) << entry.path() << ": " << checked.error().what;
  }
  EXPECT_GE(samples, 3);
}

TEST(ResultJson, HasItsMembersInOrderAndNullForWhatIsNotKnown) {
  Result result;
  result.scenario.name = "crash";
  result.label = "masked";
  result.counts = {10, 9, 1, {}, 2, {}, {}};
  result.faults.push_back({1, "kill", "users.primary", {}, 2.5, {}});
  result.timeline.p50_ms = {1.5, {}};
  result.latency_ms.histogram = {{0.5, 7}};
  const auto written = to_json(result);
  EXPECT_EQ(written.begin()->key(), "format");
  EXPECT_EQ(
      json::serialize(written.at("counts")),
      R"({"requests":10,"acknowledged":9,"failed":1,"refused_as_allowed":null,"not_yet":2,"poison":null,"masked":null})");
  EXPECT_EQ(
      json::serialize(written.at("faults")),
      R"([{"number":1,"kind":"kill","target":"users.primary","what":null,"at_s":2.5E0,"healed_s":null}])");
  EXPECT_EQ(json::serialize(written.at("timeline").at("p50_ms")), "[1.5E0,null]");
  EXPECT_EQ(written.at("tactics"), nullptr);
  EXPECT_TRUE(check(written)) << check(written).error().what;
}

TEST(ResultJson, AMachineIsReadBackAndWhatIsOfAnotherKindIsUnknown) {
  const Machine machine{"a processor", 2, 24'000, "6.1", 0.5};
  EXPECT_EQ(to_json(machine_from(to_json(machine))), to_json(machine));
  EXPECT_EQ(machine_from(json::parse(R"({"cpu":3,"cores":"two","load_average":1})").as_object()).cores,
            std::nullopt);
}

}  // namespace
}  // namespace sportapp::lab::result
