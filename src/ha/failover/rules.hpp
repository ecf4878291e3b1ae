// State machines as tables: in a state, under facts, what is done, what comes next, and why. Exactly one row
// matches; that is checked at every step and, for every combination, by a test.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sportapp::failover {

using Bits = std::uint32_t;

// At one input; more is a table that goes round in circles.
inline constexpr int kDecisionsMax = 8;

template <class Enum>
constexpr Bits bit(Enum value) {
  return Bits{1} << static_cast<unsigned>(value);
}

template <class Enum>
constexpr Bits bits(std::initializer_list<Enum> values) {
  Bits all = 0;
  for (const auto value : values) all |= bit(value);
  return all;
}

struct Rule {
  std::string_view number;  // M6: what events and logs name
  Bits in;                  // states
  Bits yes;                 // facts that hold
  Bits no;                  // facts that do not
  std::uint8_t action;
  std::int8_t next;  // state; -1: the same
  std::string_view reason;
};

[[nodiscard]] constexpr bool matches(const Rule& rule, unsigned state, Bits facts) {
  return (rule.in >> state & 1U) != 0 && (facts & rule.yes) == rule.yes && (facts & rule.no) == 0;
}

// A table with the words for what its numbers mean.
struct Table {
  std::string_view name;
  std::span<const Rule> rules;
  std::span<const std::string_view> states, facts, actions;
};

// The one rule that matches. None or two are a defect of the table: throws std::logic_error.
[[nodiscard]] const Rule& rule_for(const Table& table, unsigned state, Bits facts);

// "spare, newer, mine, not able": for messages.
[[nodiscard]] std::string describe(const Table& table, unsigned state, Bits facts);

// For people, one row a line; and as a Mermaid state diagram.
[[nodiscard]] std::string to_text(const Table& table);
[[nodiscard]] std::string to_mermaid(const Table& table);

}  // namespace sportapp::failover
