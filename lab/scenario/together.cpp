// What does not fit together in a scenario.
#include <fmt/format.h>

#include <algorithm>

#include "lab/scenario/scenario_tables.hpp"
#include "lab/scenario/target.hpp"

namespace sportapp::lab {
namespace {

using service::TomlReader;

// A parameter of faults, and whose it is.
struct Parameter {
  const char* key;
  std::initializer_list<FaultKind> kinds;
};
const Parameter kParameters[] = {
    {"verb", {FaultKind::kCut}},
    {"direction", {FaultKind::kCut}},
    {"bytes_per_s", {FaultKind::kCut}},
    {"delay_ms", {FaultKind::kCut, FaultKind::kSlowDisk}},
    {"cpu_percent", {FaultKind::kSqueeze}},
    {"how", {FaultKind::kPoison}},
    {"inject", {FaultKind::kCommand}},
    {"heal", {FaultKind::kCommand}},
};

std::string names_of(const std::vector<FaultKind>& kinds) {
  std::string names;
  for (const auto kind : kinds) names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(kind));
  return names;
}

void check_parameters(TomlReader& table, FaultKind kind) {
  for (const auto& [key, kinds] : kParameters) {
    if (!table.has(key) || std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) continue;
    table.refuse(key, fmt::format("'{}' belongs to faults of kind {}; this one is of kind {}", key,
                                  names_of(kinds), to_string(kind)));
  }
  if (table.has("heal_after_ms") && !can_be_healed(kind)) {
    table.refuse("heal_after_ms",
                 fmt::format("'heal_after_ms': a fault of kind {} has nothing to heal", to_string(kind)));
  }
  if (kind == FaultKind::kCommand && table.has("heal") && !table.has("inject")) {
    table.refuse("heal", "'heal' without 'inject': there is no fault to heal");
  }
}

void check_target(TomlReader& table, const FaultPlan& plan, const Tactics& tactics) {
  const bool any_target =
      plan.kind == FaultKind::kPoison || plan.kind == FaultKind::kRolling || plan.kind == FaultKind::kCommand;
  if (!any_target) table.require("target");
  if (auto good = check_target(plan.kind, plan.target); !good)
    return table.refuse("target", good.error().what);
  const int needed = spares_needed(plan.kind, plan.target);
  if (needed > tactics.spares) {
    table.refuse("target", fmt::format("{} of '{}' needs {} spare{}; tactics = \"{}\" has {}",
                                       to_string(plan.kind), plan.target, needed, needed == 1 ? "" : "s",
                                       to_string(tactics.level), tactics.spares));
  }
}

void check_times(TomlReader& table, const PlannedFault& fault, const Scenario& scenario) {
  const bool once = table.has("at_s");
  const bool often = table.has("every_s");
  if (once == often) {
    return table.refuse(once ? "every_s" : "kind",
                        once ? "'at_s' and 'every_s': a fault strikes once or again and again, not both"
                             : "'at_s' or 'every_s' is missing: when does it strike?");
  }
  for (const auto* key : {"from_s", "until_s"}) {
    if (once && table.has(key)) table.refuse(key, fmt::format("'{}' belongs to 'every_s'", key));
  }
  const auto* first = once ? "at_s" : "from_s";
  if (fault.at_s < scenario.steady.seconds) {
    table.refuse(
        table.has(first) ? first : "every_s",
        fmt::format("'{}' = {} is within the steady state, which takes {} s: strike later, or shorten "
                    "[steady] seconds",
                    first, fault.at_s, scenario.steady.seconds));
  }
  if (fault.at_s >= scenario.duration_s) {
    table.refuse(first, fmt::format("'{}' = {} is not within duration_s = {}", first, fault.at_s,
                                    scenario.duration_s));
  }
  if (often && (fault.until_s <= fault.at_s || fault.until_s > scenario.duration_s)) {
    table.refuse("until_s", fmt::format("'until_s' = {} must be after from_s = {} and within duration_s = {}",
                                        fault.until_s, fault.at_s, scenario.duration_s));
  }
}

void check_fault(TomlReader& table, const PlannedFault& fault, const Scenario& scenario) {
  check_parameters(table, fault.plan.kind);
  check_target(table, fault.plan, tactics_of(scenario.level));
  check_times(table, fault, scenario);
  if (const auto good = check(fault.plan); !good) table.refuse("kind", good.error().what);
}

void check_random(TomlReader& table, const RandomFaults& random, const Scenario& scenario) {
  for (const auto* key : {"kinds", "targets", "every_s"}) table.require(key);
  if (!scenario.seed)
    table.refuse("kinds", "[random] without 'seed': write one at the top, so that the run can be repeated");
  for (const auto kind : random.kinds) {
    const bool any = std::any_of(random.targets.begin(), random.targets.end(),
                                 [&](const auto& target) { return fits(kind, target); });
    if (!any) table.refuse("kinds", fmt::format("no target is one for kind {}", to_string(kind)));
  }
  const auto spares = tactics_of(scenario.level).spares;
  for (const auto& target : random.targets) {
    const bool any = std::any_of(random.kinds.begin(), random.kinds.end(),
                                 [&](const auto kind) { return fits(kind, target); });
    if (!any) table.refuse("targets", fmt::format("'{}' is not a target for any of the kinds", target));
    if (spares_needed(random.kinds.empty() ? FaultKind::kKill : random.kinds.front(), target) > spares) {
      table.refuse("targets", fmt::format("'{}' needs a spare; tactics = \"{}\" has {}", target,
                                          to_string(scenario.level), spares));
    }
  }
  if (random.from_s < scenario.steady.seconds) {
    table.refuse("from_s", fmt::format("'from_s' = {} is within the steady state, which takes {} s",
                                       random.from_s, scenario.steady.seconds));
  }
  if (random.until_s <= random.from_s || random.until_s > scenario.duration_s) {
    table.refuse("until_s", fmt::format("'until_s' = {} must be after from_s = {} and within duration_s = {}",
                                        random.until_s, random.from_s, scenario.duration_s));
  }
}

void check_expect(TomlReader& table, const Scenario& scenario) {
  for (const auto kind : scenario.expect.refused_after) {
    const auto& faults = scenario.faults;
    const bool is_there = std::any_of(faults.begin(), faults.end(),
                                      [&](const auto& fault) { return fault.plan.kind == kind; }) ||
                          (scenario.random && std::count(scenario.random->kinds.begin(),
                                                         scenario.random->kinds.end(), kind) > 0);
    if (!is_there)
      table.refuse("refused_after",
                   fmt::format("'refused_after': the scenario has no fault of kind {}", to_string(kind)));
  }
  if (tactics_of(scenario.level).spares > 0) return;
  for (const auto* key : {"redundant_within_s", "failovers_at_least"}) {
    if (table.has(key)) {
      table.refuse(
          key, fmt::format("'{}' needs a spare; tactics = \"{}\" has none", key, to_string(scenario.level)));
    }
  }
}

// What the level of tactics, or the run itself, says is not the scenario's to set.
void check_settings(TomlReader& table, const instance::Settings& settings) {
  const instance::Settings defaults;
  const auto& [gateway, services, failover, tactics, redis, retention, network, limits] = settings;
  if (gateway.host != defaults.gateway.host || gateway.port != defaults.gateway.port)
    table.refuse("gateway", "'host' and 'port' are the run's own: it takes a free port of 127.0.0.1");
  if (services.spares != defaults.services.spares)
    table.refuse("services", "'spares' belongs to the level of tactics: [tactics] level");
  if (failover.hold_ms != defaults.failover.hold_ms)
    table.refuse("failover", "'hold_ms' belongs to the level of tactics: [tactics] level");
  if (retention.deletes())
    table.refuse("retention", "'keep_entries' and 'keep_days' delete entries, by which the run is judged");
  if (table.has("network"))
    table.refuse("network",
                 "'network' is for processes that are run one by one; the run has all on 127.0.0.1");
  if (table.has("tactics"))
    table.refuse("tactics", "'tactics' are what the level turns on and off: [tactics] level");
}

}  // namespace

bool fits(FaultKind kind, const std::string& target) {
  if (kind == FaultKind::kPoison) return true;
  if (kind == FaultKind::kCommand || kind == FaultKind::kRolling) return false;
  return check_target(kind, target).has_value();
}

void check_together(ScenarioTables& tables, const Scenario& scenario) {
  if (scenario.steady.seconds >= scenario.duration_s) {
    const auto* key = tables.steady.has("seconds") ? "seconds" : "duration_s";
    (tables.steady.has("seconds") ? tables.steady : tables.root)
        .refuse(key,
                fmt::format("the steady state takes {} s, the whole run only {} s: make duration_s longer",
                            scenario.steady.seconds, scenario.duration_s));
  }
  for (std::size_t at = 0; at < scenario.faults.size(); ++at) {
    check_fault(tables.faults[at], scenario.faults[at], scenario);
  }
  if (scenario.random) check_random(tables.random, *scenario.random, scenario);
  check_settings(tables.settings, scenario.settings);
  check_expect(tables.expect, scenario);
}

}  // namespace sportapp::lab
