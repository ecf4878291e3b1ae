#include "lab/report/report_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/files.hpp"
#include "lab/report/figures.hpp"
#include "lab/result/result.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
constexpr const char* kReportName = "report.json";
constexpr const char* kResultName = "result.json";

Error in_file(const fs::path& file, std::string_view what) {
  return {Retry::kNever, fmt::format("{}: {}", file.string(), what)};
}

Result<json::object> read_object(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) return in_file(file, "cannot be read; is it there?");
  json::stream_parser parser;
  boost::system::error_code failed;
  const auto read = parser.write_some(text->data(), text->size(), failed);
  if (!failed) parser.finish(failed);
  if (!failed && text->find_first_not_of(" \t\r\n", read) != std::string::npos)
    failed = json::error::extra_data;
  if (failed) {
    const auto line = 1 + std::count(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(read), '\n');
    return Error{Retry::kNever, fmt::format("{}:{}: not JSON: {}", file.string(), line, failed.message())};
  }
  auto value = parser.release();
  if (!value.is_object()) return in_file(file, "must hold a JSON object");
  return std::move(value.get_object());
}

Result<void> add_published(const json::value& list, const fs::path& file, Report& report) {
  if (list.is_null()) return {};
  if (!list.is_array()) return in_file(file, "published must be a list");
  for (const auto& one : list.get_array()) {
    if (!one.is_object() || text_at(one.get_object(), "label").empty() ||
        !number_at(one.get_object(), "failed_percent")) {
      return in_file(file, "each of published must have a label and a number failed_percent");
    }
    const Published published{text_at(one.get_object(), "label"),
                              *number_at(one.get_object(), "failed_percent")};
    const bool is_there = std::any_of(report.published.begin(), report.published.end(),
                                      [&](const Published& other) { return other.label == published.label; });
    if (!is_there) report.published.push_back(published);
  }
  return {};
}

Result<void> add_report(json::object& object, const fs::path& file, Report& report) {
  auto* results = object.if_contains("results");
  if (results == nullptr || !results->is_array()) return in_file(file, "results must be a list");
  int number = 0;
  for (auto& one : results->get_array()) {
    ++number;
    if (!one.is_object()) return in_file(file, fmt::format("result {} must be an object", number));
    if (const auto checked = result::check(one.get_object()); !checked) {
      return in_file(file, fmt::format("result {}: {}", number, checked.error().what));
    }
    report.results.push_back(std::move(one.get_object()));
  }
  if (report.title.empty()) report.title = text_at(object, "title");
  return add_published(member(object, "published"), file, report);
}

Result<void> add_file(const fs::path& file, Report& report) {
  auto object = read_object(file);
  if (!object) return object.error();
  if (object->contains("results")) return add_report(*object, file, report);
  if (const auto checked = result::check(*object); !checked) return in_file(file, checked.error().what);
  report.results.push_back(std::move(*object));
  return {};
}

// The files with runs that a source stands for.
Result<std::vector<fs::path>> files_of(const fs::path& source) {
  std::error_code failed;
  if (!fs::is_directory(source, failed)) return std::vector{source};
  for (const auto* name : {kReportName, kResultName}) {
    if (fs::exists(source / name, failed)) return std::vector{source / name};
  }
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(source, failed)) {
    if (fs::exists(entry.path() / kResultName, failed)) found.push_back(entry.path() / kResultName);
  }
  if (found.empty()) {
    return in_file(source, fmt::format("has neither {} nor {}, nor folders with one; did the run end?",
                                       kReportName, kResultName));
  }
  std::sort(found.begin(), found.end());
  return found;
}

// What the runs of each label come to, so that whoever reads the file need not work it out again.
json::array columns_json(const Report& report) {
  json::array columns;
  for (const auto& column : columns_of(report)) {
    json::array runs;  // places in `results`
    for (const auto* run : column.runs) runs.push_back(run - report.results.data());
    json::object figures;
    for (const auto& one : quantities()) {
      figures[json::string_view(one.id.data(), one.id.size())] = figure_json(sum_up(column, one));
    }
    columns.push_back(json::object{
        {"title", column.title}, {"runs", runs}, {"passed", passed(column)}, {"figures", figures}});
  }
  return columns;
}

}  // namespace

std::vector<Published> published_by_seed() {
  return {{"class, run 1", 22}, {"class, run 2", 43}, {"class, run 3", 62}};
}

Result<Report> read_report(const std::vector<fs::path>& sources) {
  Report report;
  for (const auto& source : sources) {
    const auto files = files_of(source);
    if (!files) return files.error();
    const auto before = std::ssize(report.results);
    for (const auto& file : *files) {
      if (const auto added = add_file(file, report); !added) return added.error();
    }
    // A folder's runs in the order in which they were made: levels from few tactics to many.
    if (files->size() > 1) {
      std::stable_sort(report.results.begin() + before, report.results.end(),
                       [](const auto& one, const auto& other) {
                         return text_at(one, "started") < text_at(other, "started");
                       });
    }
  }
  if (report.results.empty()) return Error{Retry::kNever, "no run was given to report on"};
  return report;
}

json::object report_json(const Report& report) {
  json::array results;
  for (const auto& result : report.results) results.push_back(result);
  json::array published;
  for (const auto& one : report.published) {
    published.push_back(json::object{{"label", one.label}, {"failed_percent", one.failed_percent}});
  }
  return {
      {"format", result::kFormat},
      {"title", title_of(report)},
      {"verdict", json::object{{"outcome", to_string(outcome_of(report))}, {"line", verdict_line(report)}}},
      {"columns", columns_json(report)},
      {"results", results},
      {"published", published}};
}

}  // namespace sportapp::lab
