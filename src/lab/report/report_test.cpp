#include "lab/report/report.hpp"

#include <gtest/gtest.h>

#include "supervisor/files.hpp"
#include "testing/temp_folder.hpp"

namespace sportapp::lab {
namespace {

boost::json::object smallest_result() {
  return boost::json::parse(
             R"({"format":1,"scenario":{"name":"crash","duration_s":60},"started":"2026-11-25T15:44:00Z",
    "label":"masked","verdict":{"pass":true,"line":"0 of 10 requests failed"},
    "counts":{"requests":10,"acknowledged":10,"failed":0}})")
      .as_object();
}

TEST(Report, ThatTheSmallestResultMakesIsReadBackTheSame) {
  testing::TempFolder folder;
  const auto written =
      write_report({"T", {smallest_result()}, published_by_seed()}, folder.path() / "out", "gone.html");
  ASSERT_TRUE(written) << written.error().what;
  EXPECT_TRUE(written->html.empty());
  EXPECT_NE(written->no_html.find("report_page"), std::string::npos);
  const auto read = read_report({folder.path() / "out"});
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->results.at(0), smallest_result());
  EXPECT_EQ(read->published.size(), 3u);
  const auto text = supervisor::read_file(written->markdown).value_or("");
  EXPECT_NE(text.find("**PASS**: 0 of 10 requests failed"), std::string::npos) << text;
}

}  // namespace
}  // namespace sportapp::lab
