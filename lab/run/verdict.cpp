#include "lab/run/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "domain/services/registry.hpp"
#include "lab/judge/judge.hpp"
#include "lab/judge/result_of.hpp"
#include "ops/verify/verify.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;

std::vector<Expectation> expectations_of(const RunRecord& record) {
  const auto& scenario = record.scenario;
  auto expectations = scenario.expect.expectations;
  if (record.backend) {
    std::erase_if(expectations, [](const Expectation& one) {
      const auto* measure = find_measure(one.what);
      return measure != nullptr && measure->of_instance;
    });
  }
  if (const auto most = scenario.steady.p99_ms) {
    expectations.push_back({"usual_p99_ms", Expectation::Bound::kAtMost, *most});
  }
  // Of a schedule that chance made, how much was struck depends on how fast the instance recovers.
  if (record.is_as_meant() && !scenario.random) {
    expectations.push_back({"faults", Expectation::Bound::kAtLeast, static_cast<double>(record.planned)});
  }
  return expectations;
}

// From the second quarter of the samples to the last one; nothing where there are too few.
std::optional<double> memory_growth_percent(const std::vector<Growth>& growth) {
  const auto quarter = growth.size() / 4;
  if (quarter < 2) return std::nullopt;
  const auto mean = [&](std::size_t begin) {
    double sum = 0;
    for (auto at = begin; at < begin + quarter; ++at) sum += growth[at].memory_mib;
    return sum / static_cast<double>(quarter);
  };
  return (mean(growth.size() - quarter) / mean(quarter) - 1) * 100;
}

void break_it(Judgement& judgement, const std::string& what, const std::string& wanted,
              const std::string& found) {
  judgement.pass = false;
  judgement.broken.push_back({what, wanted, found});
}

void check_recovery(const RunRecord& record, Judgement& judgement) {
  const auto& expect = record.scenario.expect;
  if (const auto within_s = expect.redundant_within_s; within_s && !record.backend) {
    const auto after_s = record.redundant_after_s;
    if (!after_s || *after_s > *within_s) {
      break_it(judgement, "redundant again", fmt::format("within {} s", *within_s),
               after_s ? fmt::format("after {:.1f} s", *after_s) : "not at all");
    }
  }
  if (const auto most = expect.memory_growth_percent; most && !record.backend) {
    const auto grown = memory_growth_percent(record.growth);
    if (!grown) {
      break_it(judgement, "memory", fmt::format("grows by at most {} %", *most),
               "the run is too short to tell");
    } else if (*grown > *most) {
      break_it(judgement, "memory", fmt::format("grows by at most {} %", *most),
               fmt::format("{:.1f} %", *grown));
    }
  }
  for (const auto& trouble : record.troubles) {
    if (trouble.find("not healed") != std::string::npos) break_it(judgement, "faults", "healed", trouble);
    // What chance chose may be refused: to switch over where the service has just done so.
    if (record.is_as_meant() && !record.scenario.random && trouble.find("went wrong") != std::string::npos)
      break_it(judgement, "faults", "done", trouble);
  }
}

void check_files(const fs::path& data, RunProgress& progress, Judgement& judgement) {
  progress.phase("verify");
  const auto found = [&](const verify::Finding& finding) {
    if (finding.unreadable)
      break_it(judgement, "verify: " + finding.file, "readable", finding.unreadable->what);
    if (!finding.first) return;
    const auto& [place, expected, is] = *finding.first;
    break_it(judgement, fmt::format("verify: {} of {}: {}", finding.check, finding.file, place), expected,
             is);
  };
  const auto under_way = [&](const std::string& what, std::int64_t done, std::int64_t of) {
    progress.detail(fmt::format("{}: {} of {}", what, done, of));
  };
  [[maybe_unused]] const auto verdict =
      verify::verify(data, {found, under_way});  // what it found is told above
}

Result<Evidence> evidence_of(const fs::path& run, const RunRecord& record, const fs::path& data) {
  auto faults = read_fault_log(run / "faults.jsonl");
  if (!faults) return faults.error();
  Evidence evidence{.requests = run / "requests.tsv",
                    .duration_us = record.load_us,
                    .faults = std::move(*faults),
                    .events = {},
                    .started_wall_us = record.started_wall_us};
  evidence.backend = record.backend;
  evidence.rules.refusals_after = record.scenario.expect.refused_after;
  evidence.expectations = expectations_of(record);
  if (record.backend) return evidence;
  evidence.events = read_events(data / "monitor", record.started_wall_us);
  std::erase_if(evidence.events, [&](const MonitorEvent& event) { return event.at_us >= record.watched_us; });
  for (const auto& service : services::names()) evidence.journals[service] = journals_in(data, service);
  return evidence;
}

result::Tactics tactics_of(const Tactics& tactics) {
  return {std::string(to_string(tactics.level)),
          tactics.restart,
          tactics.restart_after_ms,
          tactics.detect_hangs,
          tactics.spares,
          tactics.retry,
          tactics.hold_ms};
}

// What of a result the judge does not know.
void fill_rest(result::Result& result, const RunRecord& record) {
  const auto& scenario = record.scenario;
  result.scenario = {scenario.name, scenario.title,    scenario.description,
                     record.seed,   record.duration_s, scenario.text};
  result.sportapp.version = SPORTAPP_VERSION;
  result.machine = record.machine;
  result.started = utc(record.started_wall_us);
  result.subject = record.subject;
  result.label = record.label;
  result.as_meant = record.is_as_meant();
  if (record.tactics) result.tactics = tactics_of(*record.tactics);
  for (const auto& one : record.growth) result.growth.push_back({one.at_s, one.memory_mib, one.journal_mib});
  result.troubles = record.troubles;
  result.redundant_after_s = record.redundant_after_s;
  result.repeat = record.repeat;
}

bool is_suspect(const Findings& findings) {
  const auto all = {&findings.lost,  &findings.doubled, &findings.different,
                    &findings.stale, &findings.unasked, &findings.reordered};
  return std::any_of(all.begin(), all.end(), [](const Finding* finding) { return finding->count > 0; });
}

}  // namespace

Result<Verdict> judge_run(const fs::path& run, const RunRecord& record, const fs::path& data,
                          RunProgress& progress) {
  auto evidence = evidence_of(run, record, data);
  if (!evidence) return evidence.error();
  progress.phase("judge");
  evidence->progress = [&](std::string_view what, std::int64_t done, std::int64_t of) {
    progress.detail(fmt::format("{}: {} of {}", what, done, of));
  };
  auto judgement = judge(*evidence);
  if (!judgement) return judgement.error();
  check_recovery(record, *judgement);
  const auto broken_before = judgement->broken.size();
  if (!record.backend) check_files(data, progress, *judgement);
  Verdict verdict;
  verdict.pass = judgement->pass;
  verdict.keep_data = is_suspect(judgement->findings) || judgement->broken.size() > broken_before;
  verdict.line = judgement->line;
  fill(verdict.result, *judgement);
  fill_rest(verdict.result, record);
  return verdict;
}

void tell(const std::string& name, const Verdict& verdict, const std::string& note) {
  fmt::print("{:<8} {}  {}{}\n", name, verdict.pass ? "pass" : "FAIL", verdict.line,
             verdict.pass ? "" : note);
  for (const auto& one : verdict.result.verdict.broken) {
    fmt::print("         {}: wanted {}, found {}\n", one.what, one.wanted.value_or(""),
               one.found.value_or(""));
  }
  std::fflush(stdout);
}

}  // namespace sportapp::lab
