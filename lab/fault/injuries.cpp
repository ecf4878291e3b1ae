#include "lab/fault/injuries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "lab/healer/control_group.hpp"

namespace sportapp::lab {
namespace {

Result<std::vector<Injuries>> freeze(const std::vector<Victim>& victims, const FaultPlan& plan) {
  Injuries one;
  for (const auto& victim : victims) one.injuries.emplace_back(Frozen{victim.name, victim.id});
  const auto until =
      plan.heal_after_ms > 0 ? fmt::format("SIGCONT after {} ms", plan.heal_after_ms) : "for ever";
  one.what = fmt::format("SIGSTOP of {}, {}", names_of(victims), until);
  return std::vector{std::move(one)};
}

Result<std::vector<Injuries>> spoil_disk(const std::vector<Victim>& victims, const FaultPlan& plan,
                                         const Means& means) {
  if (means.disk_table.empty()) {
    return Error{Retry::kNever, "the instance was not started with the library that spoils disks"};
  }
  const bool full = plan.kind == FaultKind::kFullDisk;
  Injuries one;
  for (const auto& victim : victims) {
    if (victim.data.empty()) return Error{Retry::kNever, victim.name + " keeps nothing on a disk"};
    const DiskTrouble trouble{full ? 0U : static_cast<std::uint32_t>(plan.delay_ms), full};
    one.injuries.emplace_back(DiskSpoilt{means.disk_table, victim.data, trouble});
  }
  one.what = full ? fmt::format("no room left on the disk of {}", names_of(victims))
                  : fmt::format("each sync of {} takes {} ms longer", names_of(victims), plan.delay_ms);
  return std::vector{std::move(one)};
}

// Of each process the same one of its choices of a group; if none can be made, processes that compute beside
// them.
Result<std::vector<Injuries>> squeeze(const std::vector<Victim>& victims, const FaultPlan& plan) {
  std::vector<Injuries> choices;
  for (std::size_t choice = 0;; ++choice) {
    Injuries one;
    for (const auto& victim : victims) {
      const auto groups = throttle_choices(victim.name, victim.id, plan.cpu_percent);
      if (choice < groups.size()) one.injuries.emplace_back(groups[choice]);
    }
    if (one.injuries.size() < victims.size()) break;
    one.what = fmt::format("{} % of one core for {} (control group)", plan.cpu_percent, names_of(victims));
    choices.push_back(std::move(one));
  }
  const int crowd = crowd_for(plan.cpu_percent, static_cast<int>(std::thread::hardware_concurrency()));
  choices.push_back(
      {{Crowded{crowd}},
       fmt::format("about {} % of one core for {} and every other process: {} compute beside them",
                   plan.cpu_percent, names_of(victims), crowd)});
  return choices;
}

Result<Victim> one_victim(Subject& subject, const std::string& end) {
  const auto found = find_victims(subject, end);
  if (!found) return found.error();
  if (found->size() == 1) return found->front();
  return Error{Retry::kNever,
               fmt::format("'{}' are {}; an end of a way is one process", end, names_of(*found))};
}

// Both ways between them, whoever dials: as a network does. `there` is from the first to the second.
Result<void> cut_way(const WayEnds& ends, const FaultPlan& plan, const Means& means, Injuries& injuries) {
  const auto one = one_victim(means.subject, ends.one);
  if (!one) return one.error();
  const auto other = one_victim(means.subject, ends.other);
  if (!other) return other.error();
  const auto ways = means.ways.between(one->name, other->name);
  if (!ways) return ways.error();
  for (const auto& way : *ways) {
    auto direction = plan.direction;
    if (way.dials != one->name && direction != Direction::kBoth) {
      direction = direction == Direction::kThere ? Direction::kBack : Direction::kThere;
    }
    injuries.injuries.emplace_back(
        WaySpoilt{way.port, direction, {plan.verb, plan.delay_ms, plan.bytes_per_s}});
  }
  const auto arrow = plan.direction == Direction::kBoth    ? "<->"
                     : plan.direction == Direction::kThere ? "->"
                                                           : "<-";
  injuries.what +=
      fmt::format("{}{} {} {}", injuries.what.empty() ? "" : ", ", one->name, arrow, other->name);
  return {};
}

Result<std::vector<Injuries>> cut(const FaultPlan& plan, const Means& means) {
  Injuries one;
  for (const auto& part : parts_of(plan.target)) {
    const auto ends = ends_of(part);
    if (!ends) return ends.error();
    if (auto done = cut_way(*ends, plan, means, one); !done) return done.error();
  }
  one.what += ": " + describe(Treatment{plan.verb, plan.delay_ms, plan.bytes_per_s});
  return std::vector{std::move(one)};
}

}  // namespace

Result<std::vector<Victim>> find_victims(Subject& subject, std::string_view target) {
  std::vector<Victim> victims;
  for (const auto& part : parts_of(target)) {
    auto found = subject.who(part);
    if (!found) return found.error();
    for (auto& victim : *found) {
      const bool known = std::any_of(victims.begin(), victims.end(),
                                     [&](const Victim& other) { return other.name == victim.name; });
      if (!known) victims.push_back(std::move(victim));
    }
  }
  if (victims.empty()) return Error{Retry::kLater, fmt::format("there is nobody who is '{}'", target)};
  return victims;
}

std::string names_of(const std::vector<Victim>& victims) {
  std::vector<std::string> names;
  for (const auto& victim : victims) names.push_back(victim.name);
  return fmt::format("{}", fmt::join(names, " and "));
}

Result<std::vector<Injuries>> injuries_of(const FaultPlan& plan, const Means& means) {
  if (plan.kind == FaultKind::kCut) return cut(plan, means);
  const auto victims = find_victims(means.subject, plan.target);
  if (!victims) return victims.error();
  if (plan.kind == FaultKind::kSqueeze) return squeeze(*victims, plan);
  const bool disk = plan.kind == FaultKind::kSlowDisk || plan.kind == FaultKind::kFullDisk;
  return disk ? spoil_disk(*victims, plan, means) : freeze(*victims, plan);
}

int crowd_for(int cpu_percent, int cores) {
  const int beside_it = (100 + cpu_percent - 1) / cpu_percent - 1;
  return std::max(cores, 1) * std::max(beside_it, 1);
}

}  // namespace sportapp::lab
