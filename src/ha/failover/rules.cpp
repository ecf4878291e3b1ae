#include "ha/failover/rules.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

namespace sportapp::failover {
namespace {

bool matches(const Table& table, const Rule& rule, unsigned state, Bits facts) {
  if ((rule.in >> state & 1U) == 0) return false;
  if ((rule.yes & table.events) == 0 && (facts & table.events) != 0) return false;
  return (facts & rule.yes) == rule.yes && (facts & rule.no) == 0;
}

std::string states_of(const Table& table, const Rule& rule) {
  std::vector<std::string_view> in, others;
  for (unsigned i = 0; i < table.states.size(); ++i) {
    ((rule.in >> i & 1U) != 0 ? in : others).push_back(table.states[i]);
  }
  if (others.empty()) return "any";
  const bool shorter = others.size() < in.size();
  return fmt::format("{}{}", shorter ? "not " : "", fmt::join(shorter ? others : in, "|"));
}

std::string conditions_of(const Table& table, const Rule& rule) {
  std::vector<std::string> names;
  for (unsigned i = 0; i < table.facts.size(); ++i) {
    if ((rule.yes >> i & 1U) != 0) names.emplace_back(table.facts[i]);
  }
  for (unsigned i = 0; i < table.facts.size(); ++i) {
    if ((rule.no >> i & 1U) != 0) names.push_back(fmt::format("not {}", table.facts[i]));
  }
  return names.empty() ? "always" : fmt::format("{}", fmt::join(names, ", "));
}

std::string_view next_of(const Table& table, const Rule& rule) {
  return rule.next < 0 ? std::string_view("(same)") : table.states[static_cast<std::size_t>(rule.next)];
}

}  // namespace

const Rule& rule_for(const Table& table, unsigned state, Bits facts) {
  const Rule* found = nullptr;
  for (const auto& rule : table.rules) {
    if (!matches(table, rule, state, facts)) continue;
    if (found != nullptr) {
      throw std::logic_error(fmt::format("table {}: rules {} and {} both match {}", table.name, found->number,
                                         rule.number, describe(table, state, facts)));
    }
    found = &rule;
  }
  if (found == nullptr) {
    throw std::logic_error(
        fmt::format("table {}: no rule matches {}", table.name, describe(table, state, facts)));
  }
  return *found;
}

std::string describe(const Table& table, unsigned state, Bits facts) {
  std::string text(table.states[state]);
  for (unsigned i = 0; i < table.facts.size(); ++i) {
    text += fmt::format(", {}{}", (facts >> i & 1U) != 0 ? "" : "not ", table.facts[i]);
  }
  return text;
}

std::string to_text(const Table& table) {
  std::string text = fmt::format("{}\n", table.name);
  text += fmt::format("  {:<4} {:<17} {:<66} {:<13} {}\n", "rule", "in", "when", "does", "then");
  for (const auto& rule : table.rules) {
    text += fmt::format("  {:<4} {:<17} {:<66} {:<13} {}\n       {}\n", rule.number, states_of(table, rule),
                        conditions_of(table, rule), table.actions[rule.action], next_of(table, rule),
                        rule.reason);
  }
  return text;
}

std::string to_mermaid(const Table& table) {
  // Several rules between the same two states share an arrow.
  std::map<std::pair<unsigned, unsigned>, std::vector<std::string>> arrows;
  for (const auto& rule : table.rules) {
    for (unsigned from = 0; from < table.states.size(); ++from) {
      if ((rule.in >> from & 1U) == 0 || rule.next < 0) continue;
      const auto to = static_cast<unsigned>(rule.next);
      arrows[{from, to}].push_back(fmt::format("{} {}", rule.number, table.actions[rule.action]));
    }
  }
  std::string text = "stateDiagram-v2\n";
  for (unsigned i = 0; i < table.states.size(); ++i) {
    text += fmt::format("  s{}: {}\n", i, table.states[i]);
  }
  text += "  [*] --> s0\n";
  for (const auto& [ends, labels] : arrows) {
    text += fmt::format("  s{} --> s{}: {}\n", ends.first, ends.second, fmt::join(labels, " / "));
  }
  return text;
}

}  // namespace sportapp::failover
