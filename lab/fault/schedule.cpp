#include "lab/fault/schedule.hpp"

#include <fmt/format.h>

namespace sportapp::lab {
namespace {

constexpr std::int64_t kDelayMsMax = 60'000;
constexpr int kPercentMin = 5;
constexpr int kPercentMax = 100;

Error wrong(const FaultPlan& plan, const std::string& what) {
  return {Retry::kNever, fmt::format("fault {} ({}): {}", plan.number, to_string(plan.kind), what)};
}

Result<void> check_delay(const FaultPlan& plan) {
  if (plan.delay_ms >= 1 && plan.delay_ms <= kDelayMsMax) return {};
  return wrong(plan, fmt::format("delay_ms is {}, must be 1 to {}", plan.delay_ms, kDelayMsMax));
}

Result<void> check_cut(const FaultPlan& plan) {
  for (const auto& link : parts_of(plan.target)) {
    if (const auto ends = ends_of(link); !ends) return wrong(plan, ends.error().what);
  }
  if (plan.action == LinkAction::kPass) return wrong(plan, "verb is pass, which is no fault");
  if (plan.action == LinkAction::kDelay) return check_delay(plan);
  if (plan.action == LinkAction::kLimit && plan.bytes_per_s < 1) {
    return wrong(plan, fmt::format("bytes_per_s is {}, must be 1 or more", plan.bytes_per_s));
  }
  return {};
}

Result<void> check_kind(const FaultPlan& plan) {
  switch (plan.kind) {
    case FaultKind::kCut:
      return check_cut(plan);
    case FaultKind::kSlowDisk:
      return check_delay(plan);
    case FaultKind::kSqueeze:
      if (plan.cpu_percent >= kPercentMin && plan.cpu_percent <= kPercentMax) return {};
      return wrong(plan, fmt::format("cpu_percent is {}, must be {} to {}", plan.cpu_percent, kPercentMin,
                                     kPercentMax));
    case FaultKind::kFreeze:
      return plan.heal_after_ms > 0 ? Result<void>()
                                    : wrong(plan, "heal_after_ms is missing: without it, it is a stop");
    case FaultKind::kPoison:
      if (plan.how == "crash" || plan.how == "hang" || plan.how == "memory") return {};
      return wrong(plan, fmt::format("how is '{}', must be crash, hang or memory", plan.how));
    case FaultKind::kCommand:
      return plan.inject.empty() ? wrong(plan, "inject is missing: the command that brings it about")
                                 : Result<void>();
    default:
      return {};
  }
}

bool needs_target(FaultKind kind) {
  return kind != FaultKind::kRolling && kind != FaultKind::kPoison && kind != FaultKind::kCommand;
}

}  // namespace

Result<void> check(const FaultPlan& plan) {
  if (plan.at_us < 0) return wrong(plan, "it is to strike before the load's start");
  if (plan.heal_after_ms < 0)
    return wrong(plan, fmt::format("heal_after_ms is {}, must be 0 or more", plan.heal_after_ms));
  if (needs_target(plan.kind)) {
    for (const auto& part : parts_of(plan.target)) {
      if (part.empty()) return wrong(plan, fmt::format("target '{}' has an empty part", plan.target));
    }
  }
  return check_kind(plan);
}

std::vector<std::string> parts_of(std::string_view target) {
  std::vector<std::string> parts(1);
  for (const char c : target) {
    if (c == '+') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

Result<LinkEnds> ends_of(std::string_view link) {
  const auto at = link.find('-');
  if (at != std::string_view::npos && link.find('-', at + 1) == std::string_view::npos) {
    LinkEnds ends{std::string(link.substr(0, at)), std::string(link.substr(at + 1))};
    if (!ends.one.empty() && !ends.other.empty()) return ends;
  }
  return Error{
      Retry::kNever,
      fmt::format("'{}' is not a link; a link is named by its two ends, as in users.primary-users.spare",
                  link)};
}

}  // namespace sportapp::lab
