#include "lab/judge/tally.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace sportapp::lab {
namespace {

constexpr std::int64_t kBucketUs = 500'000;
constexpr std::int64_t kBuckets = 600;     // about so many are drawn, however long the run
constexpr std::size_t kBucketsMax = 2000;  // what comes later than that is in the last
constexpr std::size_t kSlowMax = 50;
constexpr std::int64_t kUsualMin = 100;  // fewer do not say what is usual
constexpr std::int64_t kSlowFactor = 3;

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Fate fate_of(const Request& request, const Strikes& strikes, const JudgeRules& rules) {
  if (request.due_us < 0) return Fate::kWarmUp;
  if (request.op == Op::kPoison) return Fate::kPoison;
  if (request.outcome == "200") return Fate::kAcknowledged;
  const bool honest = request.outcome == "503" && is_number(request.retry_after);
  const auto* fault = strikes.last_before(request.answered_us);
  const auto& allowed = rules.refusals_after;
  if (honest && fault != nullptr && std::find(allowed.begin(), allowed.end(), fault->kind) != allowed.end()) {
    return Fate::kRefusedAsAllowed;
  }
  if (request.op == Op::kRead && request.outcome == "404" && request.position_asked.empty())
    return Fate::kNotYet;
  return Fate::kFailed;
}

RequestTally::RequestTally(const Strikes& strikes, std::int64_t duration_us) : strikes_(strikes) {
  const auto per_bucket_us = std::max<std::int64_t>(duration_us, 0) / kBuckets;
  tallied_.timeline.bucket_us = (per_bucket_us / kBucketUs + 1) * kBucketUs;
}

Timeline::Bucket& RequestTally::bucket_at(std::int64_t time_us) {
  auto& [bucket_us, buckets] = tallied_.timeline;
  const auto index =
      std::min(static_cast<std::size_t>(std::max<std::int64_t>(time_us, 0) / bucket_us), kBucketsMax - 1);
  if (buckets.size() <= index) buckets.resize(index + 1);
  return buckets[index];
}

void RequestTally::take(const Request& request, Fate fate) {
  auto& counts = tallied_.counts;
  if (fate == Fate::kWarmUp) return;
  if (fate == Fate::kPoison) {
    ++counts.poison;
    return;
  }
  ++counts.requests;
  auto& bucket = bucket_at(request.answered_us);
  switch (fate) {
    case Fate::kAcknowledged:
      ++counts.acknowledged;
      take_acknowledged(request, bucket);
      break;
    case Fate::kRefusedAsAllowed:
      ++counts.refused_as_allowed;
      ++bucket.refused;
      break;
    case Fate::kNotYet:
      ++counts.not_yet;
      break;
    default:
      ++counts.failed;
      ++bucket.failed;
      ++tallied_.failed_by[request.outcome];
  }
}

void RequestTally::take_acknowledged(const Request& request, Timeline::Bucket& bucket) {
  const auto took_us = request.answered_us - request.due_us;
  ++bucket.acknowledged;
  bucket.took.add(took_us);
  tallied_.took.add(took_us);
  const auto* const fault = strikes_.last_before(request.answered_us);
  if (fault == nullptr) return tallied_.took_usually.add(took_us);
  if (request.due_us > fault->at_us + kWatchedUs) return;
  took_after_fault_.add(took_us);
  auto& slow = tallied_.slow;  // a heap, the least slow on top
  if (slow.size() == kSlowMax && took_us <= slow.front().took_us) return;
  slow.push_back({request.number, request.op, request.sent_us, took_us, fault->number});
  std::push_heap(slow.begin(), slow.end());
  if (slow.size() <= kSlowMax) return;
  std::pop_heap(slow.begin(), slow.end());
  slow.pop_back();
}

Tallied RequestTally::finish() {
  const bool usual = tallied_.took_usually.count() >= kUsualMin;
  tallied_.slow_above_us =
      kSlowFactor * (usual ? tallied_.took_usually.quantile_us(0.99) : tallied_.took.quantile_us(0.9));
  tallied_.counts.masked = took_after_fault_.above(tallied_.slow_above_us);
  auto& slow = tallied_.slow;
  std::sort(slow.begin(), slow.end());
  std::erase_if(slow, [&](const SlowRequest& one) { return one.took_us <= tallied_.slow_above_us; });
  return std::move(tallied_);
}

}  // namespace sportapp::lab
