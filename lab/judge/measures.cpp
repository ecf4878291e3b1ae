#include "lab/judge/measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

namespace sportapp::lab {
namespace {

constexpr Measure kMeasures[] = {
    {"requests", "requests, without poison"},
    {"acknowledged", "requests that were acknowledged"},
    {"failed", "requests that failed"},
    {"failed_percent", "of all requests those that failed"},
    {"refused_as_allowed", "requests answered 503 with Retry-After after a fault, where that is allowed"},
    {"masked", "requests that a fault made slow, and nothing else"},
    {"lost", "acknowledged commands that are not there"},
    {"doubled", "commands that are there twice"},
    {"different", "answers other than the journal's, and journals that differ"},
    {"stale", "reads that showed less than they were promised"},
    {"unasked", "entries that nobody asked for"},
    {"reordered", "commands whose place is before one acknowledged earlier"},
    {"behind", "entries that the shortest journal of a service lacks in the end", true},
    {"faults", "faults that struck"},
    {"failovers", "promotions", true},
    {"outage_median_ms", "until a command sent after the fault is acknowledged, median of the faults"},
    {"outage_worst_ms", "the same, the worst"},
    {"silence_worst_ms", "longest time without any acknowledgement after a fault"},
    {"detect_worst_ms", "until the monitor acted on a fault", true},
    {"take_over_worst_ms", "until the promoted node wrote", true},
    {"redundant_worst_ms", "until as many nodes were in sync as before", true},
    {"p50_ms", "latency, median"},
    {"p90_ms", "latency, 90 %"},
    {"p99_ms", "latency, 99 %"},
    {"p999_ms", "latency, 99.9 %"},
    {"max_ms", "latency, the worst"},
    {"usual_p50_ms", "latency before the first fault, median"},
    {"usual_p99_ms", "latency before the first fault, 99 %"},
};

double unrounded_ms(std::int64_t us) {
  return static_cast<double>(us) / 1000;
}

std::optional<double> quantile_ms(const Histogram& took, double part) {
  if (took.count() == 0) return std::nullopt;
  return unrounded_ms(took.quantile_us(part));
}

std::string with_commas(std::int64_t number) {
  const auto digits = fmt::format("{}", number);
  std::string text;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    if (at > 0 && (digits.size() - at) % 3 == 0) text.push_back(',');
    text.push_back(digits[at]);
  }
  return text;
}

std::string figure(double value) {
  if (value == static_cast<double>(static_cast<std::int64_t>(value)))
    return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{:.3f}", value);
}

std::string list_of(const Findings& findings) {
  const auto told = [](const Finding& finding, std::string_view name) {
    return finding.count == 0 ? fmt::format("nothing {}", name)
                              : fmt::format("{} {}", with_commas(finding.count), name);
  };
  auto text = told(findings.lost, "lost") + ", " + told(findings.doubled, "doubled");
  const std::pair<const Finding&, const char*> others[] = {{findings.different, "answered differently"},
                                                           {findings.stale, "stale"},
                                                           {findings.unasked, "unasked"},
                                                           {findings.reordered, "reordered"}};
  for (const auto& [finding, name] : others) {
    if (finding.count > 0) text += ", " + told(finding, name);
  }
  return text;
}

std::string line_of(const Judgement& judgement) {
  const auto& counts = judgement.tallied.counts;
  auto line = fmt::format("{} of {} requests failed; {}", with_commas(counts.failed),
                          with_commas(counts.requests), list_of(judgement.findings));
  const auto& outages = judgement.outages;
  const auto never = std::find_if(outages.begin(), outages.end(),
                                  [](const Outage& one) { return !one.first_acknowledged_us; });
  if (never != outages.end())
    return line + fmt::format("; after fault {} it did not come back", never->fault);
  if (const auto worst = outage_spread(judgement).worst_ms)
    line += fmt::format("; worst outage {:.0f} ms", *worst);
  return line;
}

}  // namespace

std::span<const Measure> measures() {
  return kMeasures;
}

const Measure* find_measure(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kMeasures), std::end(kMeasures),
                                         [&](const Measure& one) { return one.name == name; });
  return found == std::end(kMeasures) ? nullptr : found;
}

Spread spread_of(std::vector<std::int64_t> times_us) {
  if (times_us.empty()) return {};
  std::sort(times_us.begin(), times_us.end());
  return {unrounded_ms(times_us[times_us.size() / 2]), unrounded_ms(times_us.back())};
}

Spread outage_spread(const Judgement& judgement) {
  std::vector<std::int64_t> times_us;
  for (const auto& outage : judgement.outages) times_us.push_back(outage.us());
  return spread_of(std::move(times_us));
}

Spread recovery_spread(const Judgement& judgement, std::optional<std::int64_t> Recovery::*time) {
  std::vector<std::int64_t> times_us;
  for (const auto& recovery : judgement.recoveries) {
    if (recovery.*time) times_us.push_back(*(recovery.*time));
  }
  return spread_of(std::move(times_us));
}

void measure(Judgement& judgement, std::int64_t behind) {
  const auto& [counts, failed_by, took, usually, timeline, slow, slow_above_us] = judgement.tallied;
  const auto& findings = judgement.findings;
  auto& found = judgement.measures;
  const auto set = [&](std::string_view name, std::int64_t count) {
    found.emplace(name, static_cast<double>(count));
  };
  set("requests", counts.requests);
  set("acknowledged", counts.acknowledged);
  set("failed", counts.failed);
  found["failed_percent"] =
      counts.requests == 0
          ? std::nullopt
          : std::optional(100.0 * static_cast<double>(counts.failed) / static_cast<double>(counts.requests));
  set("refused_as_allowed", counts.refused_as_allowed);
  set("masked", counts.masked);
  set("lost", findings.lost.count);
  set("doubled", findings.doubled.count);
  set("different", findings.different.count);
  set("stale", findings.stale.count);
  set("unasked", findings.unasked.count);
  set("reordered", findings.reordered.count);
  set("behind", behind);
  set("faults", static_cast<std::int64_t>(judgement.faults.size()));
  set("failovers", std::count_if(judgement.events.begin(), judgement.events.end(),
                                 [](const MonitorEvent& event) { return event.rule == "M6"; }));
  found["outage_median_ms"] = outage_spread(judgement).median_ms;
  found["outage_worst_ms"] = outage_spread(judgement).worst_ms;
  std::vector<std::int64_t> silences_us;
  for (const auto& outage : judgement.outages) silences_us.push_back(outage.silence_us);
  found["silence_worst_ms"] = spread_of(std::move(silences_us)).worst_ms;
  found["detect_worst_ms"] = recovery_spread(judgement, &Recovery::detect_us).worst_ms;
  found["take_over_worst_ms"] = recovery_spread(judgement, &Recovery::take_over_us).worst_ms;
  found["redundant_worst_ms"] = recovery_spread(judgement, &Recovery::redundant_us).worst_ms;
  found["p50_ms"] = quantile_ms(took, 0.5);
  found["p90_ms"] = quantile_ms(took, 0.9);
  found["p99_ms"] = quantile_ms(took, 0.99);
  found["p999_ms"] = quantile_ms(took, 0.999);
  found["max_ms"] = quantile_ms(took, 1.0);
  found["usual_p50_ms"] = quantile_ms(usually, 0.5);
  found["usual_p99_ms"] = quantile_ms(usually, 0.99);
}

void decide(Judgement& judgement, const std::vector<Expectation>& expectations) {
  for (const auto& [what, bound, value] : expectations) {
    const auto& found = judgement.measures.at(what);
    const bool most = bound == Expectation::Bound::kAtMost;
    const bool holds = found && (most ? *found <= value : *found >= value);
    if (holds) continue;
    judgement.broken.push_back({what, fmt::format("at {} {}", most ? "most" : "least", figure(value)),
                                found ? figure(*found) : "none to measure"});
  }
  judgement.pass = judgement.broken.empty();
  judgement.line = line_of(judgement);
}

}  // namespace sportapp::lab
