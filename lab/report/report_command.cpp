#include "lab/report/report_command.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "lab/report/report.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kReportFooter =
    R"(Each SOURCE is a result.json, a report.json, or a folder with one of them or with folders of runs in it.
Runs of one label are summed up. Written are report.json, report.md (for a paper) and report.html, one page that
needs no network.

Exit status: 0 written, 1 a source cannot be read or the folder cannot be written, 2 wrong command line.

Examples:
  sportapp experiment report runs/crash
  sportapp experiment report runs/class-1 runs/class-2 --published --out class
  sportapp experiment report ours/report.json theirs/result.json --title "Ours and theirs" --out both)";

constexpr const char* kCompareFooter =
    R"(A and B are what `sportapp experiment report` takes. What has the same label in both is put side by
side; where each has but one label, those two. Times that differ by less than 1 ms or 5 % count as the same.

Exit status: 0 compared, whoever is better; 1 they cannot be read or have nothing in common; 2 wrong command line.

Examples:
  sportapp experiment compare runs/before runs/after
  sportapp experiment compare a/result.json b/result.json --json | python3 -m json.tool)";

struct ReportOptions {
  std::vector<std::string> sources;
  std::string out = "report";
  std::string title;
  bool published = false;
};

struct CompareOptions {
  std::string a;
  std::string b;
  bool json = false;
};

int failed(const Error& error) {
  fmt::print(stderr, "sportapp: {}\n", error.what);
  return kExitFailed;
}

int make_report(const ReportOptions& options) {
  auto report = read_report({options.sources.begin(), options.sources.end()});
  if (!report) return failed(report.error());
  if (!options.title.empty()) report->title = options.title;
  if (options.published) report->published = published_by_seed();
  const auto written = write_report(*report, options.out);
  if (!written) return failed(written.error());
  for (const auto& file : {written->html, written->markdown, written->json}) {
    if (!file.empty()) fmt::print("{}\n", file.string());
  }
  if (!written->no_html.empty()) fmt::print(stderr, "sportapp: no report.html: {}\n", written->no_html);
  return 0;
}

int make_comparison(const CompareOptions& options) {
  const auto a = read_report({options.a});
  if (!a) return failed(a.error());
  const auto b = read_report({options.b});
  if (!b) return failed(b.error());
  const auto comparison = compare(*a, *b);
  if (!comparison) return failed(comparison.error());
  fmt::print("{}", options.json ? boost::json::serialize(comparison->json) + "\n" : comparison->text);
  return 0;
}

}  // namespace

void add_report_commands(command_line::Command& experiment, int& exit_status) {
  auto* report = experiment.add_command("report", "Make one report of runs that were made before");
  auto report_options = std::make_shared<ReportOptions>();
  report->add_option("SOURCE", report_options->sources, "Runs, or reports of them")->required();
  report->add_option("--out", report_options->out, "Folder to write into")->show_default();
  report->add_option("--title", report_options->title, "Its title (that of the scenario)");
  report->add_flag("--published", report_options->published,
                   "Beside them what the seed published of its class scenario: 22, 43 and 62 % failed");
  report->footer(kReportFooter);
  report->action([report_options, &exit_status] { exit_status = make_report(*report_options); });

  auto* comparison = experiment.add_command("compare", "Hold two runs or reports against each other");
  auto compare_options = std::make_shared<CompareOptions>();
  comparison->add_option("A", compare_options->a, "One")->required();
  comparison->add_option("B", compare_options->b, "The other")->required();
  comparison->add_flag("--json", compare_options->json, "As JSON");
  comparison->footer(kCompareFooter);
  comparison->action([compare_options, &exit_status] { exit_status = make_comparison(*compare_options); });
}

}  // namespace sportapp::lab
