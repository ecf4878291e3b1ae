#include "lab/fault/conductor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace sportapp::lab {
namespace {

constexpr std::int64_t kUsPerMs = 1000;
constexpr std::int64_t kLookUs = 20 * kUsPerMs;  // how often what lasts is looked after
constexpr std::int64_t kAskUs = 50 * kUsPerMs;   // how often the instance is asked how it is

std::vector<FaultPlan> in_order(std::vector<FaultPlan> schedule) {
  std::stable_sort(schedule.begin(), schedule.end(),
                   [](const FaultPlan& one, const FaultPlan& other) { return one.at_us < other.at_us; });
  return schedule;
}

bool ends_by_itself(const FaultPlan& plan) {
  if (plan.kind == FaultKind::kCommand) return plan.heal.empty();
  return plan.kind == FaultKind::kSwitchover || plan.kind == FaultKind::kRolling;
}

// Done once it has struck: nothing of it is taken back.
bool is_of_a_moment(FaultKind kind) {
  return kind == FaultKind::kKill || kind == FaultKind::kPoison;
}

}  // namespace

Conductor::Conductor(std::vector<FaultPlan> schedule, const FaultContext& context, FaultLog& log,
                     Fault::Now now, const Bounds& bounds, OnChange on_change)
    : schedule_(in_order(std::move(schedule))),
      context_(context),
      log_(log),
      now_(std::move(now)),
      bounds_(bounds),
      on_change_(std::move(on_change)) {}

Conductor::Outcome Conductor::run(const std::stop_token& stop) {
  stop_ = stop;
  for (const auto& plan : schedule_) {
    if (!wait_until(plan.at_us)) {
      if (!stop_.stop_requested()) trouble(plan, "was not struck: the end came before its time");
      continue;
    }
    if (plan.after_redundant && !wait_for_redundancy(plan)) continue;
    strike(plan);
  }
  while (anything_lasts() && wait_until(now_() + kLookUs)) continue;
  heal_everything();
  return std::move(outcome_);
}

bool Conductor::wait_until(std::int64_t at_us) {
  for (;;) {
    look_after();
    const auto now = now_();
    if (stop_.stop_requested() || now >= bounds_.end_us) return false;
    if (now >= at_us) return true;
    auto next = std::min(at_us, bounds_.end_us);
    for (const auto& active : active_) {
      if (active.ends) next = std::min(next, now + kLookUs);
      if (active.heal_us) next = std::min(next, *active.heal_us);
    }
    pause(next - now);
  }
}

bool Conductor::wait_for_redundancy(const FaultPlan& plan) {
  const auto until_us = now_() + bounds_.redundant_within_ms * kUsPerMs;
  for (auto missing = context_.subject.not_redundant(); !missing.empty();
       missing = context_.subject.not_redundant()) {
    if (now_() > until_us) {
      trouble(plan, fmt::format("was not struck: not redundant within {} ms: {}", bounds_.redundant_within_ms,
                                missing));
      return false;
    }
    if (!wait_until(now_() + kAskUs)) {
      if (!stop_.stop_requested()) trouble(plan, "was not struck: not redundant before the end: " + missing);
      return false;
    }
  }
  return true;
}

void Conductor::strike(const FaultPlan& plan) {
  const auto until_us = now_() + bounds_.target_within_ms * kUsPerMs;
  for (;;) {
    auto fault = make_fault(plan, context_);
    auto start = fault->strike(now_);
    if (start) return struck(plan, std::move(*start), std::move(fault));
    const bool again = start.error().retry == Retry::kLater && now_() < until_us;
    if (!again || !wait_until(now_() + kAskUs)) return trouble(plan, "was not struck: " + start.error().what);
  }
}

void Conductor::struck(const FaultPlan& plan, FaultStart start, std::unique_ptr<Fault> fault) {
  Active active{{plan.number, plan.kind, plan.target, std::move(start.what), start.at_us, std::nullopt},
                std::move(fault),
                std::nullopt,
                ends_by_itself(plan)};
  if (plan.heal_after_ms > 0) active.heal_us = start.at_us + plan.heal_after_ms * kUsPerMs;
  outcome_.struck.push_back(active.struck);
  note(active.struck);
  active_.push_back(std::move(active));
}

bool Conductor::anything_lasts() const {
  return std::any_of(active_.begin(), active_.end(),
                     [](const Active& active) { return !is_of_a_moment(active.struck.kind); });
}

void Conductor::look_after() {
  const auto now = now_();
  for (auto at = active_.begin(); at != active_.end();) {
    const auto over = at->fault->is_over();
    const bool due = at->heal_us && now >= *at->heal_us;
    if (!over)
      outcome_.troubles.push_back(
          fmt::format("fault {} ({}) went wrong: {}", at->struck.number, at->struck.what, over.error().what));
    if (over && *over) {
      at->struck.healed_us = now;
      note(at->struck);
    } else if (due) {
      heal(*at);
    }
    at = !over || *over || due ? active_.erase(at) : at + 1;
  }
}

void Conductor::heal(Active& active) {
  const auto healed = active.fault->heal();
  if (!healed) {
    outcome_.troubles.push_back(fmt::format("fault {} ({}) was not healed: {}", active.struck.number,
                                            active.struck.what, healed.error().what));
  } else if (*healed) {
    active.struck.healed_us = now_();
    note(active.struck);
  }
}

// The last one first.
void Conductor::heal_everything() {
  while (!active_.empty()) {
    heal(active_.back());
    active_.pop_back();
  }
  if (const auto healed = context_.agent.heal_all(); !healed) {
    outcome_.troubles.push_back("not everything is healed: " + healed.error().what);
  }
}

void Conductor::note(const InjectedFault& struck) {
  for (auto& known : outcome_.struck) {
    if (known.number == struck.number) known = struck;
  }
  if (const auto written = log_.add(struck); !written) outcome_.troubles.push_back(written.error().what);
  if (on_change_) on_change_(struck);
}

void Conductor::trouble(const FaultPlan& plan, const std::string& what) {
  outcome_.troubles.push_back(
      fmt::format("fault {} ({} {}) {}", plan.number, to_string(plan.kind), plan.target, what));
}

void Conductor::pause(std::int64_t us) {
  std::unique_lock lock(mutex_);
  never_.wait_for(lock, stop_, std::chrono::microseconds(us), [] { return false; });
}

}  // namespace sportapp::lab
