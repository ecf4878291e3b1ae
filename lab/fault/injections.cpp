#include "lab/fault/injections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "lab/agent/control_group.hpp"

namespace sportapp::lab {
namespace {

Result<std::vector<Injections>> freeze(const std::vector<TargetProcess>& targets, const FaultPlan& plan) {
  Injections one;
  for (const auto& target : targets) one.injections.emplace_back(Frozen{target.name, target.id});
  const auto until =
      plan.heal_after_ms > 0 ? fmt::format("SIGCONT after {} ms", plan.heal_after_ms) : "for ever";
  one.what = fmt::format("SIGSTOP of {}, {}", names_of(targets), until);
  return std::vector{std::move(one)};
}

Result<std::vector<Injections>> break_disk(const std::vector<TargetProcess>& targets, const FaultPlan& plan,
                                           const FaultContext& context) {
  if (context.disk_table.empty()) {
    return Error{Retry::kNever, "the instance was not started with the library that spoils disks"};
  }
  const bool full = plan.kind == FaultKind::kFullDisk;
  Injections one;
  for (const auto& target : targets) {
    if (target.data.empty()) return Error{Retry::kNever, target.name + " keeps nothing on a disk"};
    const DiskFault trouble{full ? 0U : static_cast<std::uint32_t>(plan.delay_ms), full};
    one.injections.emplace_back(DiskInjection{context.disk_table, target.data, trouble});
  }
  one.what = full ? fmt::format("no room left on the disk of {}", names_of(targets))
                  : fmt::format("each sync of {} takes {} ms longer", names_of(targets), plan.delay_ms);
  return std::vector{std::move(one)};
}

// Of each process the same one of its choices of a group; if none can be made, processes that compute beside
// them.
Result<std::vector<Injections>> squeeze(const std::vector<TargetProcess>& targets, const FaultPlan& plan) {
  std::vector<Injections> choices;
  for (std::size_t choice = 0;; ++choice) {
    Injections one;
    for (const auto& target : targets) {
      const auto groups = throttle_choices(target.name, target.id, plan.cpu_percent);
      if (choice < groups.size()) one.injections.emplace_back(groups[choice]);
    }
    if (one.injections.size() < targets.size()) break;
    one.what = fmt::format("{} % of one core for {} (control group)", plan.cpu_percent, names_of(targets));
    choices.push_back(std::move(one));
  }
  const int crowd = cpu_load_for(plan.cpu_percent, static_cast<int>(std::thread::hardware_concurrency()));
  choices.push_back(
      {{CpuLoad{crowd}},
       fmt::format("about {} % of one core for {} and every other process: {} compute beside them",
                   plan.cpu_percent, names_of(targets), crowd)});
  return choices;
}

Result<TargetProcess> one_process(Subject& subject, const std::string& end) {
  const auto found = find_target_processes(subject, end);
  if (!found) return found.error();
  if (found->size() == 1) return found->front();
  return Error{Retry::kNever,
               fmt::format("'{}' are {}; an end of a link is one process", end, names_of(*found))};
}

// Both links between them, whoever dials: as a network does. `there` is from the first to the second.
Result<void> cut_link(const LinkEnds& ends, const FaultPlan& plan, const FaultContext& context,
                      Injections& injections) {
  const auto one = one_process(context.subject, ends.one);
  if (!one) return one.error();
  const auto other = one_process(context.subject, ends.other);
  if (!other) return other.error();
  const auto links = context.links.between(one->name, other->name);
  if (!links) return links.error();
  for (const auto& link : *links) {
    auto direction = plan.direction;
    if (link.dials != one->name && direction != Direction::kBoth) {
      direction = direction == Direction::kThere ? Direction::kBack : Direction::kThere;
    }
    injections.injections.emplace_back(
        LinkInjection{link.port, direction, {plan.action, plan.delay_ms, plan.bytes_per_s}});
  }
  const auto arrow = plan.direction == Direction::kBoth    ? "<->"
                     : plan.direction == Direction::kThere ? "->"
                                                           : "<-";
  injections.what +=
      fmt::format("{}{} {} {}", injections.what.empty() ? "" : ", ", one->name, arrow, other->name);
  return {};
}

Result<std::vector<Injections>> cut(const FaultPlan& plan, const FaultContext& context) {
  Injections one;
  for (const auto& part : parts_of(plan.target)) {
    const auto ends = ends_of(part);
    if (!ends) return ends.error();
    if (auto done = cut_link(*ends, plan, context, one); !done) return done.error();
  }
  one.what += ": " + describe(LinkRule{plan.action, plan.delay_ms, plan.bytes_per_s});
  return std::vector{std::move(one)};
}

}  // namespace

Result<std::vector<TargetProcess>> find_target_processes(Subject& subject, std::string_view target) {
  std::vector<TargetProcess> targets;
  for (const auto& part : parts_of(target)) {
    auto found = subject.who(part);
    if (!found) return found.error();
    for (auto& one : *found) {
      const bool known = std::any_of(targets.begin(), targets.end(),
                                     [&](const TargetProcess& other) { return other.name == one.name; });
      if (!known) targets.push_back(std::move(one));
    }
  }
  if (targets.empty()) return Error{Retry::kLater, fmt::format("no process is '{}' now", target)};
  return targets;
}

std::string names_of(const std::vector<TargetProcess>& targets) {
  std::vector<std::string> names;
  for (const auto& target : targets) names.push_back(target.name);
  return fmt::format("{}", fmt::join(names, " and "));
}

Result<std::vector<Injections>> injections_of(const FaultPlan& plan, const FaultContext& context) {
  if (plan.kind == FaultKind::kCut) return cut(plan, context);
  const auto targets = find_target_processes(context.subject, plan.target);
  if (!targets) return targets.error();
  if (plan.kind == FaultKind::kSqueeze) return squeeze(*targets, plan);
  const bool disk = plan.kind == FaultKind::kSlowDisk || plan.kind == FaultKind::kFullDisk;
  return disk ? break_disk(*targets, plan, context) : freeze(*targets, plan);
}

int cpu_load_for(int cpu_percent, int cores) {
  const int beside_it = (100 + cpu_percent - 1) / cpu_percent - 1;
  return std::max(cores, 1) * std::max(beside_it, 1);
}

}  // namespace sportapp::lab
