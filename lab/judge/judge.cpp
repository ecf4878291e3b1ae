#include "lab/judge/judge.hpp"

#include <fmt/format.h>

#include <utility>

#include "lab/judge/measures.hpp"
#include "lab/judge/promises.hpp"
#include "lab/request/log.hpp"

namespace sportapp::lab {
namespace {

constexpr std::int64_t kTellEvery = 50'000;  // requests

Result<std::vector<ServiceTruth>> truths_of(const Evidence& evidence, Findings& findings) {
  std::vector<ServiceTruth> truths;
  for (const auto& [service, nodes] : evidence.journals) {
    auto truth = read_journals(service, nodes, findings, evidence.progress);
    if (!truth) return truth.error();
    truths.push_back(*std::move(truth));
  }
  if (!evidence.backend) return truths;
  for (const auto& service : evidence.listed) {
    auto truth = read_list(service, *evidence.backend, findings);
    if (!truth) return truth.error();
    truths.push_back(*std::move(truth));
  }
  return truths;
}

Result<void> read_log(const Evidence& evidence, const Strikes& strikes, RequestTally& tally,
                      Promises& promises) {
  auto reader = RequestLogReader::open(evidence.requests);
  if (!reader) return reader.error();
  for (std::int64_t count = 1;; ++count) {
    const auto request = (*reader)->next();
    if (!request) return request.error();
    if (!*request) return {};
    tally.take(**request, fate_of(**request, strikes, evidence.rules));
    promises.take(**request);
    if (evidence.progress && count % kTellEvery == 0) evidence.progress("requests", count, 0);
  }
}

}  // namespace

Result<Judgement> judge(const Evidence& evidence) {
  for (const auto& expectation : evidence.expectations) {
    if (find_measure(expectation.what) == nullptr) {
      return Error{Retry::kNever, fmt::format("nothing is measured that is called '{}'", expectation.what)};
    }
  }
  Judgement judgement;
  auto truths = truths_of(evidence, judgement.findings);
  if (!truths) return truths.error();
  const Strikes strikes(evidence.faults);
  RequestTally tally(strikes, evidence.duration_us);
  Promises promises(*truths, judgement.findings);
  if (auto read = read_log(evidence, strikes, tally, promises); !read) return read.error();
  promises.finish();
  judgement.tallied = tally.finish();
  judgement.outages = outages(promises.acknowledgements(), strikes, evidence.duration_us);
  judgement.recoveries = recoveries(evidence.events, strikes, *truths, evidence.started_wall_us);
  judgement.roles = roles(evidence.events, evidence.duration_us);
  judgement.faults = strikes.all();
  for (const auto& event : evidence.events) {
    if (event.at_us >= 0) judgement.events.push_back(event);
  }
  std::int64_t behind = 0;
  for (const auto& truth : *truths) {
    behind = std::max(behind, truth.behind());
    if (!truth.nodes.empty()) judgement.journals.emplace_back(truth.service, truth.nodes);
  }
  measure(judgement, behind);
  decide(judgement, evidence.expectations);
  return judgement;
}

}  // namespace sportapp::lab
