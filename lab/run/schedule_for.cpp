#include <fmt/format.h>

#include <algorithm>

#include "lab/run/run.hpp"
#include "lab/scenario/target.hpp"

namespace sportapp::lab {
namespace {

std::string text_of(const std::map<std::string, std::string>& commands, const std::string& name) {
  const auto found = commands.find(name);
  return found == commands.end() ? std::string() : found->second;
}

// Poison is a request, which the load can send to any backend.
Result<void> make_foreign(FaultPlan& plan, const std::map<std::string, std::string>& commands) {
  plan.after_redundant = false;
  const std::string kind(to_string(plan.kind));
  const auto inject = text_of(commands, kind);
  if (plan.kind == FaultKind::kCommand || (plan.kind == FaultKind::kPoison && inject.empty())) return {};
  if (inject.empty()) {
    return Error{
        Retry::kNever,
        fmt::format(
            "fault {} ({} of {}) is of SportApp's own processes; say what does the like to this target: "
            "--fault-command {}=COMMAND (and heal-{}=COMMAND)",
            plan.number, kind, plan.target, kind, kind)};
  }
  plan.kind = FaultKind::kCommand;
  plan.inject = inject;
  plan.heal = text_of(commands, "heal-" + kind);
  return {};
}

}  // namespace

Result<std::vector<FaultPlan>> schedule_for(const RunOptions& options) {
  auto schedule = schedule_of(options.scenario, options.seed, options.duration_s);
  if (options.foreign) {
    for (auto& plan : schedule) {
      if (auto made = make_foreign(plan, options.foreign->commands); !made) return made.error();
    }
    return schedule;
  }
  const auto tactics = tactics_of(options.level);
  std::erase_if(schedule, [&](const FaultPlan& plan) {
    return spares_needed(plan.kind, plan.target) > tactics.spares;
  });
  for (auto& plan : schedule) plan.after_redundant = plan.after_redundant && tactics.spares > 0;
  return schedule;
}

}  // namespace sportapp::lab
