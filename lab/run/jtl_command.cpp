// A load that JMeter made, judged as one of ours.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>

#include "base/command_line/command_line.hpp"
#include "base/files.hpp"
#include "lab/jtl/jtl.hpp"
#include "lab/report/report.hpp"
#include "lab/request/log.hpp"
#include "lab/run/run.hpp"
#include "lab/run/run_commands.hpp"
#include "lab/run/verdict.hpp"
#include "lab/scenario/target.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFooter =
    R"(RESULT.jtl is what experiment/jmeter/run wrote. It is held against the data of the SportApp that was asked, running or
stopped, which must have been begun for this; or, with --target, against what another backend answers now. In the folder
is then a run like any other, which a report can take.

Exit status: 0 what the scenario expects held, 1 it did not, 2 wrong command line, 3 it cannot be judged.

Examples:
  sportapp experiment jtl class.jtl --data data --out class-by-jmeter
  sportapp experiment jtl flask.jtl --target http://127.0.0.1:5005 --label "flask, by JMeter" --out flask-by-jmeter)";

struct Options {
  std::string result;
  std::string data;
  std::string target;
  std::string scenario = "class";
  std::string label = "by JMeter";
  std::string out;
};

// Each poison request is the fault that it is.
Result<void> write_logs(const Jtl& jtl, const fs::path& run) {
  auto requests = RequestLogWriter::create(run / "requests.tsv");
  if (!requests) return requests.error();
  auto faults = FaultLog::create(run / "faults.jsonl");
  if (!faults) return faults.error();
  int poisons = 0;
  for (const auto& request : jtl.requests) {
    if (auto added = (*requests)->add(request); !added) return added;
    if (request.op != Op::kPoison) continue;
    const InjectedFault struck{++poisons,
                               FaultKind::kPoison,
                               std::string(kPoisoned),
                               "a request that ends its process",
                               request.sent_us,
                               {}};
    if (auto added = faults->add(struck); !added) return added;
  }
  return (*requests)->flush();
}

Result<RunRecord> record_of(const Options& options, const Jtl& jtl) {
  const auto file = find_scenario(options.scenario);
  if (!file) return file.error();
  auto scenario = load_scenario(*file);
  if (!scenario) return scenario.error();
  RunRecord record;
  record.scenario = std::move(*scenario);
  record.scenario.expect.redundant_within_s.reset();  // nobody watched
  record.label = options.label;
  record.started_wall_us = jtl.started_wall_us;
  for (const auto& request : jtl.requests) record.load_us = std::max(record.load_us, request.answered_us);
  record.watched_us = record.load_us;
  record.duration_s = static_cast<double>(record.load_us) / 1e6;
  record.machine = this_machine();
  record.repeat = fmt::format("experiment/jmeter/run {}", fs::path(options.result).filename().string());
  if (options.target.empty()) {
    record.tactics = tactics_of(record.scenario.level);
    return record;
  }
  const auto target = foreign_target(options.target);
  if (!target) return target.error();
  record.subject = target->url;
  record.backend = target->at;
  return record;
}

Result<bool> judge_jtl(const Options& options) {
  const auto jtl = read_jtl(options.result);
  if (!jtl) return jtl.error();
  const auto record = record_of(options, *jtl);
  if (!record) return record.error();
  if (!record->backend && !fs::is_directory(options.data)) {
    return Error{
        Retry::kNever,
        fmt::format("{} is not a data folder; name that of the SportApp that was asked", options.data)};
  }
  const fs::path run(options.out);
  std::error_code error;
  fs::create_directories(run, error);
  if (error) return Error{Retry::kNever, fmt::format("cannot make {}: {}", run.string(), error.message())};
  if (auto written = write_logs(*jtl, run); !written) return written.error();
  if (auto written = write_record(run, *record); !written) return written.error();
  RunProgress progress;
  progress.run(options.label);
  const auto verdict = judge_run(run, *record, options.data, progress);
  progress.clear();
  if (!verdict) return verdict.error();
  const auto text = boost::json::serialize(to_json(verdict->result)) + "\n";
  if (auto written = write_file(run / "result.json", text); !written) return written.error();
  tell(options.label, *verdict);
  return verdict->pass;
}

int run(const Options& options) {
  if (options.data.empty() == options.target.empty()) {
    fmt::print(stderr, "sportapp: either --data or --target: what was asked?\n");
    return kExitWrongUse;
  }
  const auto passed = judge_jtl(options);
  if (passed) return *passed ? kExitPass : kExitFail;
  fmt::print(stderr, "sportapp: {}\n", passed.error().what);
  return kExitNotRun;
}

}  // namespace

void add_jtl_command(command_line::Command& experiment, int& exit_status) {
  auto* command = experiment.add_command("jtl", "Judge a load that JMeter made");
  auto options = std::make_shared<Options>();
  command->add_option("RESULT", options->result, "JMeter's result, as CSV")->required()->existing_file();
  command->add_option("--data", options->data, "Data folder of the SportApp that was asked");
  command->add_option("--target", options->target, "URL of the other backend that was asked");
  command->add_option("--scenario", options->scenario, "What must hold")->show_default();
  command->add_option("--label", options->label, "Its name in a report")->show_default();
  command->add_option("--out", options->out, "Folder of the run")->required();
  command->footer(kFooter);
  command->action([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace sportapp::lab
