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

// A table with the words for what its numbers mean.
struct Table {
  std::string_view name;
  std::span<const Rule> rules;
  std::span<const std::string_view> states, facts, actions;
  Bits events =
      0;  // facts that hold for one step; a rule that names none matches only where none of them does
};

// The one rule that matches. None or two are a defect of the table: throws std::logic_error.
[[nodiscard]] const Rule& rule_for(const Table& table, unsigned state, Bits facts);

// A state that only the rules of a table change. It begins in the table's first state.
template <class State>
class Machine {
 public:
  explicit Machine(const Table& table) : table_(&table) {}

  [[nodiscard]] State state() const { return state_; }
  // Takes the one rule that matches, and its next state; the rule's action is the caller's to carry out.
  const Rule& step(Bits facts) {
    const auto& rule = rule_for(*table_, static_cast<unsigned>(state_), facts);
    if (rule.next >= 0) state_ = static_cast<State>(rule.next);
    return rule;
  }

 private:
  const Table* table_;
  State state_{};
};

// "spare, newer, mine, not able": for messages.
[[nodiscard]] std::string describe(const Table& table, unsigned state, Bits facts);

// For people, one row a line; and as a Mermaid state diagram.
[[nodiscard]] std::string to_text(const Table& table);
[[nodiscard]] std::string to_mermaid(const Table& table);

}  // namespace sportapp::failover
