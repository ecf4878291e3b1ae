// judge and heal: what can be done about runs that were made before.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>

#include "base/command_line/command_line.hpp"
#include "base/files.hpp"
#include "lab/agent/injection_list.hpp"
#include "lab/run/run_commands.hpp"
#include "lab/run/verdict.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kJudgeFooter =
    R"(Reads the logs of a run, and the data of its instance that `run --keep-data` kept (or, of a foreign target, what
that answers now), and writes result.json anew.

Exit status: 0 what was expected held, 1 it did not, 2 wrong command line, 3 it cannot be judged.

Examples:
  sportapp experiment judge experiment-results/crash-20260301-101500/masked-1)";

constexpr const char* kHealFooter =
    R"(For when lab and fault agent were both killed: whatever is still injected is taken back, and the instance ended. RUN is the
folder of one run, or of a series.

Exit status: 0 all is healed, or nothing was to be, 2 wrong command line, 3 something is not healed.

Examples:
  sportapp experiment heal experiment-results/crash-20260301-101500)";

int failed(const Error& error) {
  fmt::print(stderr, "sportapp: {}\n", error.what);
  return kExitNotRun;
}

int judge_again(const fs::path& run, fs::path data) {
  const auto record = read_record(run);
  if (!record) return failed(record.error());
  if (data.empty()) data = run / "data";
  if (!record->backend && !fs::exists(data)) {
    return failed({Retry::kNever, fmt::format("{} is not there: the data of a run is kept with --keep-data",
                                              data.string())});
  }
  RunProgress progress;
  progress.run(record->label);
  const auto verdict = judge_run(run, *record, data, progress);
  progress.clear();
  if (!verdict) return failed(verdict.error());
  const auto text = boost::json::serialize(to_json(verdict->result)) + "\n";
  if (auto written = write_file(run / "result.json", text); !written) return failed(written.error());
  tell(record->label, *verdict);
  return verdict->pass ? kExitPass : kExitFail;
}

// Of a series each run.
std::vector<fs::path> runs_in(const fs::path& folder) {
  std::vector<fs::path> runs;
  if (fs::exists(injection_list_file(folder))) runs.push_back(folder);
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent)) {
    if (fs::exists(injection_list_file(entry.path()))) runs.push_back(entry.path());
  }
  return runs;
}

int heal(const fs::path& folder) {
  if (!fs::is_directory(folder))
    return failed({Retry::kNever, fmt::format("there is no folder {}", folder.string())});
  int exit_status = kExitPass;
  const auto runs = runs_in(folder);
  if (runs.empty()) fmt::print("nothing is injected by {}\n", folder.string());
  for (const auto& run : runs) {
    const auto healed = heal_left(run);
    if (!healed) exit_status = failed(healed.error());
    if (healed) {
      for (const auto& line : *healed) fmt::print("{}: {}\n", run.filename().string(), line);
    }
  }
  return exit_status;
}

}  // namespace

void add_aftermath_commands(command_line::Command& experiment, int& exit_status) {
  auto* judge_command = experiment.add_command("judge", "Judge a run again");
  auto run = std::make_shared<std::string>();
  auto data = std::make_shared<std::string>();
  judge_command->add_option("RUN", *run, "Folder of one run")->required();
  judge_command->add_option("--data", *data, "Data folder of its instance (RUN/data)");
  judge_command->footer(kJudgeFooter);
  judge_command->action([run, data, &exit_status] { exit_status = judge_again(*run, *data); });

  auto* heal_command = experiment.add_command("heal", "Take back what a killed run left injected");
  auto folder = std::make_shared<std::string>();
  heal_command->add_option("RUN", *folder, "Folder of results")->required();
  heal_command->footer(kHealFooter);
  heal_command->action([folder, &exit_status] { exit_status = heal(*folder); });
}

}  // namespace sportapp::lab
