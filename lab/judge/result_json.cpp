#include "lab/judge/result_json.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <string_view>

#include "lab/judge/measures.hpp"

namespace sportapp::lab {
namespace {

namespace json = boost::json;

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
json::value ms_or_null(const std::optional<std::int64_t>& us) {
  return us ? json::value(ms(*us)) : json::value();
}
json::value or_null(const std::optional<double>& value) {
  return value ? json::value(rounded(*value)) : json::value();
}
json::value quantile(const Histogram& took, double part) {
  return took.count() > 0 ? json::value(ms(took.quantile_us(part))) : json::value();
}
json::string text(std::string_view view) {
  return json::string(view.data(), view.size());
}

json::object verdict(const Judgement& judgement) {
  json::array broken;
  for (const auto& one : judgement.broken) {
    broken.push_back(json::object{{"what", one.what}, {"wanted", one.wanted}, {"found", one.found}});
  }
  return {{"pass", judgement.pass}, {"line", judgement.line}, {"broken", std::move(broken)}};
}

json::object counts(const RequestCounts& counts) {
  return {{"requests", counts.requests}, {"acknowledged", counts.acknowledged},
          {"failed", counts.failed},     {"refused_as_allowed", counts.refused_as_allowed},
          {"not_yet", counts.not_yet},   {"poison", counts.poison},
          {"masked", counts.masked}};
}

json::object finding(const Finding& finding) {
  json::array examples;
  for (const auto& example : finding.examples) examples.emplace_back(example);
  return {{"count", finding.count}, {"examples", std::move(examples)}};
}

json::object latency(const Tallied& tallied) {
  json::array histogram;
  for (const auto& [upper_us, count] : tallied.took.coarse())
    histogram.push_back(json::array{ms(upper_us), count});
  const auto& took = tallied.took;
  return {{"p50", quantile(took, 0.5)},
          {"p90", quantile(took, 0.9)},
          {"p99", quantile(took, 0.99)},
          {"p999", quantile(took, 0.999)},
          {"max", took.count() > 0 ? json::value(ms(took.max_us())) : json::value()},
          {"usual_p50", quantile(tallied.took_usually, 0.5)},
          {"usual_p99", quantile(tallied.took_usually, 0.99)},
          {"slow_above", ms(tallied.slow_above_us)},
          {"histogram", std::move(histogram)}};
}

json::object spread(const Spread& spread) {
  return {{"median", or_null(spread.median_ms)}, {"worst", or_null(spread.worst_ms)}};
}

json::object outages(const Judgement& judgement) {
  auto found = spread(outage_spread(judgement));
  json::array each;
  for (const auto& outage : judgement.outages) {
    each.push_back(json::object{{"fault", outage.fault},
                                {"kind", text(to_string(outage.kind))},
                                {"first_acknowledged_ms", ms_or_null(outage.first_acknowledged_us)},
                                {"silence_ms", ms(outage.silence_us)}});
  }
  found["each"] = std::move(each);
  return found;
}

json::array faults(const Judgement& judgement) {
  json::array found;
  for (const auto& fault : judgement.faults) {
    found.push_back(
        json::object{{"number", fault.number},
                     {"kind", text(to_string(fault.kind))},
                     {"target", fault.target},
                     {"what", fault.what},
                     {"at_s", seconds(fault.at_us)},
                     {"healed_s", fault.healed_us ? json::value(seconds(*fault.healed_us)) : json::value()}});
  }
  return found;
}

json::array roles(const Judgement& judgement) {
  json::array found;
  for (const auto& role : judgement.roles) {
    found.push_back(json::object{{"service", role.service},
                                 {"node", role.node},
                                 {"role", role.role},
                                 {"from_s", seconds(role.from_us)},
                                 {"until_s", seconds(role.until_us)}});
  }
  return found;
}

json::array events(const Judgement& judgement) {
  json::array found;
  for (const auto& event : judgement.events) {
    found.push_back(
        json::object{{"at_s", seconds(event.at_us)},
                     {"service", event.service},
                     {"rule", event.rule},
                     {"what", event.cause.empty() ? event.what : event.what + ": " + event.cause}});
  }
  return found;
}

json::object timeline(const Timeline& timeline) {
  json::array acknowledged, failed, refused, p50, p99, most;
  for (const auto& bucket : timeline.buckets) {
    acknowledged.push_back(bucket.acknowledged);
    failed.push_back(bucket.failed);
    refused.push_back(bucket.refused);
    p50.push_back(quantile(bucket.took, 0.5));
    p99.push_back(quantile(bucket.took, 0.99));
    most.push_back(quantile(bucket.took, 1));
  }
  return {{"bucket_ms", timeline.bucket_us / 1000},
          {"acknowledged", std::move(acknowledged)},
          {"failed", std::move(failed)},
          {"refused", std::move(refused)},
          {"p50_ms", std::move(p50)},
          {"p99_ms", std::move(p99)},
          {"max_ms", std::move(most)}};
}

json::array slow(const Tallied& tallied) {
  json::array found;
  for (const auto& one : tallied.slow) {
    found.push_back(json::object{{"number", one.number},
                                 {"op", text(to_text(one.op))},
                                 {"sent_s", seconds(one.sent_us)},
                                 {"took_ms", ms(one.took_us)},
                                 {"fault", one.fault}});
  }
  return found;
}

json::array journals(const Judgement& judgement) {
  json::array found;
  for (const auto& [service, nodes] : judgement.journals) {
    for (const auto& node : nodes) {
      found.push_back(json::object{{"service", service}, {"node", node.name}, {"entries", node.entries}});
    }
  }
  return found;
}

}  // namespace

void add_to(json::object& result, const Judgement& judgement) {
  result["verdict"] = verdict(judgement);
  result["counts"] = counts(judgement.tallied.counts);
  json::object failed_by;
  for (const auto& [outcome, count] : judgement.tallied.failed_by) failed_by[outcome] = count;
  result["failed_by"] = std::move(failed_by);
  const auto& findings = judgement.findings;
  result["lost"] = finding(findings.lost);
  result["doubled"] = finding(findings.doubled);
  result["different"] = finding(findings.different);
  result["stale"] = finding(findings.stale);
  result["unasked"] = finding(findings.unasked);
  result["reordered"] = finding(findings.reordered);
  result["latency_ms"] = latency(judgement.tallied);
  result["outage_ms"] = outages(judgement);
  result["detect_ms"] = spread(recovery_spread(judgement, &Recovery::detect_us));
  result["take_over_ms"] = spread(recovery_spread(judgement, &Recovery::take_over_us));
  result["redundant_ms"] = spread(recovery_spread(judgement, &Recovery::redundant_us));
  result["faults"] = faults(judgement);
  result["roles"] = roles(judgement);
  result["events"] = events(judgement);
  result["journals"] = journals(judgement);
  result["timeline"] = timeline(judgement.tallied.timeline);
  result["slow"] = slow(judgement.tallied);
}

}  // namespace sportapp::lab
