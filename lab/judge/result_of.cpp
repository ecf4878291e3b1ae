#include "lab/judge/result_of.hpp"

#include <cmath>
#include <string>

#include "lab/judge/measures.hpp"

namespace sportapp::lab {
namespace {

constexpr double kThousand = 1000;

// Rounded, so that a file for people to read has no 0.30000000000000004.
double rounded(double value) {
  return std::round(value * kThousand) / kThousand;
}
double ms(std::int64_t us) {
  return rounded(static_cast<double>(us) / kThousand);
}
double seconds(std::int64_t us) {
  return rounded(static_cast<double>(us) / kThousand / kThousand);
}
std::optional<double> rounded(const std::optional<double>& value) {
  return value ? std::optional(rounded(*value)) : std::nullopt;
}
std::optional<double> quantile(const Histogram& took, double part) {
  return took.count() > 0 ? std::optional(ms(took.quantile_us(part))) : std::nullopt;
}

result::Verdict verdict(const Judgement& judgement) {
  result::Verdict verdict{judgement.pass, judgement.line, {}};
  for (const auto& one : judgement.broken) verdict.broken.push_back({one.what, one.wanted, one.found});
  return verdict;
}

result::Counts counts(const RequestCounts& counts) {
  return {counts.requests, counts.acknowledged, counts.failed, counts.refused_as_allowed,
          counts.not_yet,  counts.poison,       counts.masked};
}

result::Found found(const Finding& finding) {
  return {finding.count, finding.examples};
}

result::Latency latency(const Tallied& tallied) {
  const auto& took = tallied.took;
  const auto& usual = tallied.took_usually;
  result::Latency latency;
  latency.p50 = quantile(took, 0.5);
  latency.p90 = quantile(took, 0.9);
  latency.p99 = quantile(took, 0.99);
  latency.p999 = quantile(took, 0.999);
  if (took.count() > 0) latency.max = ms(took.max_us());
  latency.usual_p50 = quantile(usual, 0.5);
  latency.usual_p99 = quantile(usual, 0.99);
  latency.slow_above = ms(tallied.slow_above_us);
  for (const auto& [upper_us, count] : took.coarse()) latency.histogram.emplace_back(ms(upper_us), count);
  return latency;
}

result::Spread spread(const Spread& spread) {
  return {rounded(spread.median_ms), rounded(spread.worst_ms)};
}

result::Outages outages(const Judgement& judgement) {
  const auto [median, worst] = spread(outage_spread(judgement));
  result::Outages found{median, worst, {}};
  for (const auto& outage : judgement.outages) {
    const auto& first_us = outage.first_acknowledged_us;
    found.each.push_back({outage.fault, std::string(to_string(outage.kind)),
                          first_us ? std::optional(ms(*first_us)) : std::nullopt, ms(outage.silence_us)});
  }
  return found;
}

std::vector<result::Fault> faults(const Judgement& judgement) {
  std::vector<result::Fault> found;
  for (const auto& fault : judgement.faults) {
    found.push_back({fault.number, std::string(to_string(fault.kind)), fault.target, fault.what,
                     seconds(fault.at_us),
                     fault.healed_us ? std::optional(seconds(*fault.healed_us)) : std::nullopt});
  }
  return found;
}

std::vector<result::Role> roles(const Judgement& judgement) {
  std::vector<result::Role> found;
  for (const auto& role : judgement.roles) {
    found.push_back({role.service, role.node, role.role, seconds(role.from_us), seconds(role.until_us)});
  }
  return found;
}

std::vector<result::Event> events(const Judgement& judgement) {
  std::vector<result::Event> found;
  for (const auto& event : judgement.events) {
    found.push_back({seconds(event.at_us), event.service, event.rule,
                     event.cause.empty() ? event.what : event.what + ": " + event.cause});
  }
  return found;
}

result::Timeline timeline(const Timeline& timeline) {
  result::Timeline found;
  found.bucket_ms = timeline.bucket_us / 1000;
  for (const auto& bucket : timeline.buckets) {
    found.acknowledged.push_back(bucket.acknowledged);
    found.failed.push_back(bucket.failed);
    found.refused.push_back(bucket.refused);
    found.p50_ms.push_back(quantile(bucket.took, 0.5));
    found.p99_ms.push_back(quantile(bucket.took, 0.99));
    found.max_ms.push_back(quantile(bucket.took, 1));
  }
  return found;
}

std::vector<result::SlowRequest> slow(const Tallied& tallied) {
  std::vector<result::SlowRequest> found;
  for (const auto& one : tallied.slow) {
    found.push_back(
        {one.number, std::string(to_text(one.op)), seconds(one.sent_us), ms(one.took_us), one.fault});
  }
  return found;
}

std::vector<result::Journal> journals(const Judgement& judgement) {
  std::vector<result::Journal> found;
  for (const auto& [service, nodes] : judgement.journals) {
    for (const auto& node : nodes) found.push_back({service, node.name, node.entries});
  }
  return found;
}

}  // namespace

void fill(result::Result& result, const Judgement& judgement) {
  result.verdict = verdict(judgement);
  result.counts = counts(judgement.tallied.counts);
  for (const auto& [outcome, count] : judgement.tallied.failed_by) result.failed_by[outcome] = count;
  const auto& findings = judgement.findings;
  result.lost = found(findings.lost);
  result.doubled = found(findings.doubled);
  result.different = found(findings.different);
  result.stale = found(findings.stale);
  result.unasked = found(findings.unasked);
  result.reordered = found(findings.reordered);
  result.latency_ms = latency(judgement.tallied);
  result.outage_ms = outages(judgement);
  result.detect_ms = spread(recovery_spread(judgement, &Recovery::detect_us));
  result.take_over_ms = spread(recovery_spread(judgement, &Recovery::take_over_us));
  result.redundant_ms = spread(recovery_spread(judgement, &Recovery::redundant_us));
  result.faults = faults(judgement);
  result.roles = roles(judgement);
  result.events = events(judgement);
  result.journals = journals(judgement);
  result.timeline = timeline(judgement.tallied.timeline);
  result.slow = slow(judgement.tallied);
}

}  // namespace sportapp::lab
