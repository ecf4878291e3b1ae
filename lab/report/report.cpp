#include "lab/report/report.hpp"

#include <fmt/format.h>

#include "base/files.hpp"
#include "base/shared_file.hpp"
#include "lab/report/markdown.hpp"
#include "lab/report/page.hpp"
#include "lab/report/report_file.hpp"
#include "lab/result/result.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

Result<void> check_results(const Report& report) {
  if (report.results.empty()) return Error{Retry::kNever, "a report needs the result of at least one run"};
  for (std::size_t i = 0; i < report.results.size(); ++i) {
    if (const auto checked = result::check(report.results[i]); !checked) {
      return Error{Retry::kNever, fmt::format("result {}: {}", i + 1, checked.error().what)};
    }
  }
  return {};
}

Result<std::string> html_of(const std::string& data, const fs::path& page) {
  const auto text = read_file(page);
  if (!text) {
    return Error{Retry::kNever,
                 fmt::format("the page {} is not built; ./sportapp experiment builds it, or: cmake --build "
                             "--preset release --target report_page (needs nodejs and npm)",
                             page.string())};
  }
  auto filled = fill_page(*text, data);
  if (!filled) return Error{Retry::kNever, fmt::format("{}: {}", page.string(), filled.error().what)};
  return filled;
}

}  // namespace

fs::path page_template() {
  return shared_file("report.html");
}

Result<WrittenReport> write_report(const Report& report, const fs::path& folder, const fs::path& page) {
  if (auto checked = check_results(report); !checked) return checked.error();
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) {
    return Error{Retry::kLater,
                 fmt::format("cannot make the folder {}: {}", folder.string(), failed.message())};
  }
  WrittenReport written{folder / "report.json", folder / "report.md", {}, {}};
  const auto data = json::serialize(report_json(report));
  if (auto done = write_file(written.json, data + "\n"); !done) return done.error();
  if (auto done = write_file(written.markdown, markdown(report)); !done) return done.error();
  const auto html = html_of(data, page);
  if (!html) {
    written.no_html = html.error().what;
    return written;
  }
  written.html = folder / "report.html";
  if (auto done = write_file(written.html, *html); !done) return done.error();
  return written;
}

}  // namespace sportapp::lab
