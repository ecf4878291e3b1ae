// A report of one or several runs of an experiment: read from their result.json files, written as JSON, HTML
// and Markdown, held against another.
#pragma once
#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sportapp::lab {

// A figure that somebody else published, shown beside the measured ones and marked as such.
struct Published {
  std::string label;
  double failed_percent = 0;
};

struct Report {
  std::string title;  // empty: made from the scenario
  std::vector<boost::json::object>
      results;  // each as result.json holds it; those with one label are summed up
  std::vector<Published> published;
};

// What the seed says of its own runs of the class scenario.
[[nodiscard]] std::vector<Published> published_by_seed();

// Each source is a result.json, a report.json, or a folder with one of them or with folders of runs in it. An
// error names the file, and the line or the member that is wrong.
[[nodiscard]] Result<Report> read_report(const std::vector<std::filesystem::path>& sources);

struct WrittenReport {
  std::filesystem::path json;
  std::filesystem::path markdown;
  std::filesystem::path html;  // empty when it could not be made
  std::string no_html;         // why not, and what to do
};

// Where the built page lies that the data is put into: beside this program, ../share/sportapp/report.html.
[[nodiscard]] std::filesystem::path page_template();

// Writes report.json, report.md and report.html into `folder`, which is made where it is missing. A page that
// is not built is no error, since the other two say the same.
[[nodiscard]] Result<WrittenReport> write_report(const Report& report, const std::filesystem::path& folder,
                                                 const std::filesystem::path& page = page_template());

struct Comparison {
  std::string text;  // a table for a terminal, and who is better in what
  boost::json::object json;
};

// Both side by side: what has the same label in both; or, where each has but one label, those two.
[[nodiscard]] Result<Comparison> compare(const Report& a, const Report& b);

}  // namespace sportapp::lab
