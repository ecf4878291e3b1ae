#include "lab/report/report.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.hpp"
#include "lab/report/figures.hpp"
#include "lab/report/markdown.hpp"
#include "lab/report/page.hpp"
#include "lab/result/result.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

fs::path sample(const std::string& name) {
  return fs::path(SPORTAPP_FIXTURES) / "report" / name;
}

Report report_of(const std::vector<std::string>& names) {
  std::vector<fs::path> sources;
  for (const auto& name : names) sources.push_back(sample(name));
  return read_report(sources).value();
}

TEST(Figures, EachIsANumberOfAResult) {
  for (const auto& one : quantities()) {
    EXPECT_TRUE(one.id == "failed_percent" || result::has_number(one.id)) << one.id;
  }
  EXPECT_FALSE(result::has_number("counts.lost"));
}

TEST(Figures, OfSeveralRunsAreAddedUpOrTheirMedianOrTheirWorst) {
  const auto report = report_of({"class-1", "class-2", "class-3", "class-4", "class-5"});
  const auto columns = columns_of(report);
  ASSERT_EQ(columns.size(), 1u);
  EXPECT_EQ(columns[0].title, "masked");
  EXPECT_EQ(passed(columns[0]), 5);
  std::vector<double> worst;
  std::vector<double> p99;
  for (const auto& run : report.results) {
    worst.push_back(*number_at(run, "outage_ms.worst"));
    p99.push_back(*number_at(run, "latency_ms.p99"));
  }
  std::sort(p99.begin(), p99.end());
  EXPECT_EQ(sum_up(columns[0], quantity("outage_ms.worst")), *std::max_element(worst.begin(), worst.end()));
  EXPECT_EQ(sum_up(columns[0], quantity("latency_ms.p99")), p99[2]);
  EXPECT_EQ(sum_up(columns[0], quantity("lost.count")), 0);
  EXPECT_EQ(verdict_line(report),
            "5 runs: 0 of 596,017 requests failed; nothing lost, nothing doubled; worst outage 32 ms");
}

TEST(Figures, WhatNeverCameBackIsWorseThanEverything) {
  const auto report = report_of({"crash-none"});
  EXPECT_EQ(figure(report.results[0], quantity("outage_ms.worst")), kNever);
  EXPECT_EQ(figure(report.results[0], quantity("detect_ms.median")), std::nullopt);
  EXPECT_EQ(figure_text(kNever, Unit::kMs), "never");
  EXPECT_EQ(json::serialize(figure_json(kNever)), R"("never")");
  EXPECT_THAT(verdict_line(report_of({"crash-none", "crash-none"})),
              ::testing::EndsWith("service did not come back"));
  // One that came back after its last fault was away for as long as the result says.
  auto back = report.results[0];
  back["outage_ms"].as_object()["each"].as_array().back().as_object()["first_acknowledged_ms"] = 20;
  EXPECT_EQ(figure(back, quantity("outage_ms.worst")), 10'000);
}

TEST(Figures, RunsOfSeveralScenariosAreNamedByBoth) {
  const auto report = report_of({"crash-masked", "class-1"});
  const auto columns = columns_of(report);
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0].title, "crash: masked");
  EXPECT_EQ(columns[1].title, "class: masked");
  EXPECT_EQ(title_of(report), "Experiment: crash, class");
  EXPECT_THAT(markdown(report), HasSubstr("### Run 2: class: masked, 2026"));
}

TEST(Figures, AReportIsMixedWhereSomeRunsPassed) {
  const auto report = report_of({"crash-none", "crash-warm", "crash-masked"});
  EXPECT_EQ(outcome_of(report), Outcome::kMixed);
  EXPECT_EQ(verdict_line(report), "passed: masked; did not pass: none, warm");
  EXPECT_EQ(outcome_of(report_of({"crash-none"})), Outcome::kFail);
  EXPECT_EQ(outcome_of(report_of({"crash-masked"})), Outcome::kPass);
}

TEST(Figures, AreWrittenForPeople) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(-1234567), "-1,234,567");
  EXPECT_EQ(figure_text(std::nullopt, Unit::kMs), "–");
  EXPECT_EQ(figure_text(0.25, Unit::kMs), "0.25 ms");
  EXPECT_EQ(figure_text(2.04, Unit::kMs), "2.0 ms");
  EXPECT_EQ(figure_text(48.2, Unit::kMs), "48 ms");
  EXPECT_EQ(figure_text(61234, Unit::kMs), "61.2 s");
  EXPECT_EQ(figure_text(0.0012, Unit::kPercent), "0.0012 %");
  EXPECT_EQ(figure_text(22, Unit::kPercent), "22.00 %");
}

TEST(Page, HoldsItsDataAsTextsThatEndNothing) {
  const json::value data = {{"title", "</script><img onerror=\"x\">&<!--"}};
  const std::string page = R"(<p><script id="report-data" type="application/json">null</script></p>)";
  const auto filled = fill_page(page, json::serialize(data));
  ASSERT_TRUE(filled) << filled.error().what;
  const auto begin = filled->find("json\">") + 6;
  const auto end = filled->find("</script>");
  EXPECT_EQ(filled->substr(end), "</script></p>");
  const auto inside = filled->substr(begin, end - begin);
  EXPECT_THAT(inside, Not(HasSubstr("<")));
  EXPECT_EQ(json::parse(inside), data);
}

TEST(Page, WithoutAPlaceForTheDataIsRefused) {
  EXPECT_FALSE(fill_page("<p></p>", "{}"));
  const std::string place = R"(<script id="report-data" type="application/json">null</script>)";
  EXPECT_FALSE(fill_page(place + place, "{}"));
}

TEST(Markdown, HasTheVerdictTheTableEachRunAndHowToRepeat) {
  auto report = report_of({"crash-none", "crash-masked"});
  report.published = published_by_seed();
  const auto text = markdown(report);
  EXPECT_THAT(text, HasSubstr("**MIXED**: passed: masked; did not pass: none"));
  EXPECT_THAT(text, HasSubstr("| none | 0 of 1 | 13,174 | 49.66 % | 6,542 | 0 | 0 | never |"));
  EXPECT_THAT(text, HasSubstr("| masked | 1 of 1 | 13,281 | 0 % | 0 | 0 | 0 | 24 ms / 28 ms |"));
  EXPECT_THAT(text, HasSubstr("published, not measured here"));
  EXPECT_THAT(text, HasSubstr("22.00 %"));
  EXPECT_THAT(text, HasSubstr("### Run 2: masked"));
  EXPECT_THAT(text, HasSubstr("sportapp experiment run crash --seed 7 --tactics masked"));
  EXPECT_THAT(text, HasSubstr("```toml\n# Kills the primary"));
}

TEST(Markdown, TakesTextsForTexts) {
  auto result = report_of({"crash-none"}).results.front();
  result["label"] = "a|b\n# c <img> `d`";
  result["scenario"].as_object()["text"] = "x = \"```\"\n";
  const auto text = markdown({"", {result}, {}});
  EXPECT_THAT(text, HasSubstr(R"(a\|b \# c \<img\> \`d\`)"));
  EXPECT_THAT(text, HasSubstr("````toml\nx = \"```\"\n````"));
}

TEST(Report, ThatWasWrittenIsReadBackTheSame) {
  sportapp::testing::TempFolder folder;
  auto report = report_of({"crash-none", "crash-masked"});
  report.published = published_by_seed();
  const auto written = write_report(report, folder.path() / "out", "gone.html");
  ASSERT_TRUE(written) << written.error().what;
  EXPECT_TRUE(written->html.empty());
  EXPECT_THAT(written->no_html, HasSubstr("report_page"));
  const auto read = read_report({folder.path() / "out"});
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->results, report.results);
  EXPECT_EQ(read->published.size(), 3u);
  EXPECT_EQ(read->title, "The users service is killed");
}

TEST(Report, HasTheRunsOfAFolderInTheOrderInWhichTheyWereMade) {
  sportapp::testing::TempFolder folder;
  for (const auto& [name, minute] : {std::pair{"cold-1", 2}, {"masked-1", 3}, {"none-1", 1}}) {
    auto result = report_of({"crash-none"}).results.front();
    result["label"] = name;
    result["started"] = fmt::format("2026-11-25T15:0{}:00Z", minute);
    fs::create_directory(folder.path() / name);
    std::ofstream(folder.path() / name / "result.json") << result;
  }
  const auto report = read_report({folder.path()});
  ASSERT_TRUE(report) << report.error().what;
  std::string labels;
  for (const auto& result : report->results) labels += text_at(result, "label") + " ";
  EXPECT_EQ(labels, "none-1 cold-1 masked-1 ");
}

TEST(Report, TellsTheFileAndTheLineOfWhatIsWrong) {
  sportapp::testing::TempFolder folder;
  const auto file = folder.path() / "result.json";
  std::ofstream(file) << "{\n\"format\": 1,\n\"scenario\": oops\n}\n";
  auto read = read_report({file});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr(file.string() + ":3: not JSON"));
  read = read_report({folder.path() / "gone.json"});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("gone.json"));
  fs::create_directory(folder.path() / "empty");
  read = read_report({folder.path() / "empty"});
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("neither report.json nor result.json"));
  EXPECT_FALSE(read_report({}));
  EXPECT_FALSE(write_report({}, folder.path() / "out"));
}

TEST(Compare, SaysWhoIsBetterInWhat) {
  const auto compared = compare(report_of({"crash-warm"}), report_of({"crash-masked"}));
  ASSERT_TRUE(compared) << compared.error().what;
  const auto& figures = compared->json.at("compared").at(0).at("figures");
  EXPECT_EQ(figures.at("counts.failed").at("better"), "B");
  EXPECT_EQ(figures.at("lost.count").at("better"), "same");
  EXPECT_EQ(figures.at("outage_ms.worst").at("better"), "B");
  EXPECT_EQ(figures.at("latency_ms.p50").at("better"), "same");
  EXPECT_THAT(compared->text, HasSubstr("A is better in 2: latency p99.9; latency, longest."));
  EXPECT_THAT(compared->text, HasSubstr("B is better in 5: failed, %; failed; outage, median;"));
}

TEST(Compare, PutsWhatHasTheSameLabelSideBySideAndNamesTheRest) {
  const auto compared =
      compare(report_of({"crash-none", "crash-masked"}), report_of({"crash-masked", "crash-warm"}));
  ASSERT_TRUE(compared) << compared.error().what;
  EXPECT_EQ(compared->json.at("compared").as_array().size(), 1u);
  EXPECT_THAT(compared->text, HasSubstr("Only in A: none"));
  EXPECT_THAT(compared->text, HasSubstr("Only in B: warm"));
  const auto nothing = compare(report_of({"crash-none", "crash-cold"}), report_of({"crash-masked"}));
  ASSERT_FALSE(nothing);
  EXPECT_THAT(nothing.error().what, HasSubstr("no label is in both"));
}

}  // namespace
}  // namespace sportapp::lab
