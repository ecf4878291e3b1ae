#include "lab/scenario/target.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "domain/services/registry.hpp"
#include "lab/fault/schedule.hpp"

namespace sportapp::lab {
namespace {

using Who = Target::Who;

Error none(std::string_view text) {
  return {
      Retry::kNever,
      fmt::format("unknown target '{}'; known: SERVICE.primary, SERVICE.spare, SERVICE.a (b, c), "
                  "SERVICE.both, SERVICE.queries, SERVICE.queries.1 (2), monitor, redis, gateway; SERVICE is "
                  "one of {}; several with +",
                  text, fmt::join(services::names(), ", "))};
}

bool is_service(std::string_view text) {
  const auto names = services::names();
  return std::find(names.begin(), names.end(), text) != names.end();
}

bool is_one_process(const Target& target) {
  return target.who != Who::kBoth && (target.who != Who::kQueries || !target.node.empty());
}

bool is_node(const Target& target) {
  return !target.service.empty() && target.who != Who::kQueries;
}

// Which processes dial each other.
bool are_linked(const Target& one, const Target& other) {
  if (one.who == Who::kRedis) return !other.service.empty();
  if (one.who == Who::kMonitor) return is_node(other);
  return is_node(one) && is_node(other) && one.service == other.service;
}

Result<void> check_link(std::string_view link) {
  const auto ends = ends_of(link);
  if (!ends) return ends.error();
  std::vector<Target> targets;
  for (const auto& end : {ends->one, ends->other}) {
    const auto target = parse_target(end);
    if (!target) return target.error();
    if (!is_one_process(*target)) {
      return Error{Retry::kNever, fmt::format("'{}' are several processes; an end of a link is one", end)};
    }
    targets.push_back(*target);
  }
  if (are_linked(targets[0], targets[1]) || are_linked(targets[1], targets[0])) return {};
  return Error{Retry::kNever,
               fmt::format("no link leads from {} to {}; links lead between the nodes of a service, from "
                           "monitor to them, and from services to redis",
                           ends->one, ends->other)};
}

Result<void> check_part(FaultKind kind, std::string_view part) {
  if (kind == FaultKind::kCut) return check_link(part);
  if (kind == FaultKind::kSwitchover) {
    if (is_service(part)) return {};
    return Error{Retry::kNever, fmt::format("'{}' is no service; a switchover is of one of {}", part,
                                            fmt::join(services::names(), ", "))};
  }
  const auto target = parse_target(part);
  if (!target) return target.error();
  const bool disk = kind == FaultKind::kSlowDisk || kind == FaultKind::kFullDisk;
  if (disk && target->service.empty()) {
    return Error{
        Retry::kNever,
        fmt::format("{} has no disk to be spoilt; a service's processes have, as users.primary", part)};
  }
  return {};
}

bool needs_target(FaultKind kind) {
  return kind != FaultKind::kPoison && kind != FaultKind::kRolling && kind != FaultKind::kCommand;
}

}  // namespace

int Target::spares_needed() const {
  if (who == Who::kSpare) return 1;
  return who == Who::kNode ? node.front() - 'a' : 0;
}

Result<Target> parse_target(std::string_view text) {
  if (text == "monitor") return Target{Who::kMonitor, {}, {}};
  if (text == "redis") return Target{Who::kRedis, {}, {}};
  if (text == "gateway") return Target{Who::kGateway, {}, {}};
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || !is_service(text.substr(0, dot))) return none(text);
  const std::string service(text.substr(0, dot));
  const auto who = text.substr(dot + 1);
  if (who == "primary") return Target{Who::kPrimary, service, {}};
  if (who == "spare") return Target{Who::kSpare, service, {}};
  if (who == "both") return Target{Who::kBoth, service, {}};
  if (who == "queries") return Target{Who::kQueries, service, {}};
  if (who == "queries.1" || who == "queries.2")
    return Target{Who::kQueries, service, std::string(1, who.back())};
  if (who == "a" || who == "b" || who == "c") return Target{Who::kNode, service, std::string(who)};
  return none(text);
}

Result<void> check_target(FaultKind kind, std::string_view target) {
  if (!needs_target(kind)) return {};
  for (const auto& part : parts_of(target)) {
    if (auto good = check_part(kind, part); !good) return good;
  }
  return {};
}

int spares_needed(FaultKind kind, std::string_view target) {
  if (kind == FaultKind::kSwitchover) return 1;
  if (!needs_target(kind)) return 0;
  int needed = 0;
  for (const auto& part : parts_of(target)) {
    std::string ends = part;
    if (kind == FaultKind::kCut) std::replace(ends.begin(), ends.end(), '-', '+');
    for (const auto& end : parts_of(ends)) {
      if (const auto parsed = parse_target(end)) needed = std::max(needed, parsed->spares_needed());
    }
  }
  return needed;
}

bool can_be_healed(FaultKind kind) {
  switch (kind) {
    case FaultKind::kFreeze:
    case FaultKind::kCut:
    case FaultKind::kSlowDisk:
    case FaultKind::kFullDisk:
    case FaultKind::kSqueeze:
    case FaultKind::kCommand:
      return true;
    case FaultKind::kKill:
    case FaultKind::kStop:
    case FaultKind::kPoison:
    case FaultKind::kSwitchover:
    case FaultKind::kRolling:
      return false;
  }
  return false;
}

}  // namespace sportapp::lab
