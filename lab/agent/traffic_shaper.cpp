#include "lab/agent/traffic_shaper.hpp"

#include <algorithm>

namespace sportapp::lab {
namespace {

constexpr std::int64_t kUsPerS = 1'000'000;
constexpr std::int64_t kSlicesPerS = 50;  // in which limited bytes pass

}  // namespace

void TrafficShaper::treat(const LinkRule& rule) {
  rule_ = rule;
  tokens_ = 0;
  refilled_us_ = 0;
}

std::size_t TrafficShaper::allowance(std::size_t wanted, std::int64_t now_us, std::int64_t& due_us) {
  if (rule_.action != LinkAction::kLimit) return wanted;
  const auto rate = std::max<std::int64_t>(rule_.bytes_per_s, 1);
  const auto most = std::max<std::int64_t>(rate / kSlicesPerS, 1);
  if (refilled_us_ == 0) refilled_us_ = now_us;
  // Whole bytes only: the time of what is left over counts on.
  const auto elapsed_us = std::min(now_us - refilled_us_, 2 * kUsPerS);
  if (const auto grown = elapsed_us * rate / kUsPerS; grown > 0) {
    tokens_ = std::min(tokens_ + grown, most);
    refilled_us_ = now_us;
  }
  const auto needed = std::min(static_cast<std::int64_t>(wanted), most);
  if (tokens_ >= needed) return static_cast<std::size_t>(needed);
  due_us = now_us + (needed - tokens_) * kUsPerS / rate + 1;
  return 0;
}

void TrafficShaper::passed(std::size_t bytes) {
  if (rule_.action == LinkAction::kLimit) tokens_ -= static_cast<std::int64_t>(bytes);
}

}  // namespace sportapp::lab
