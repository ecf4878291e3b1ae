#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <set>
#include <sstream>

#include "ha/failover/monitor_rules.hpp"
#include "ha/failover/node_rules.hpp"
#include "ha/replication/peer_rules.hpp"

namespace sportapp::replication {
namespace {

using namespace failover;

std::vector<const Table*> tables() {
  return {&monitor_table(), &node_table(), &peer_table()};
}

TEST(Tables, ExactlyOneMatchesInEveryStateUnderEveryCombinationOfFacts) {
  for (const auto* table : tables()) {
    for (unsigned state = 0; state < table->states.size(); ++state) {
      for (Bits facts = 0; facts < Bits{1} << table->facts.size(); ++facts) {
        ASSERT_NO_THROW((void)rule_for(*table, state, facts));
      }
    }
  }
}

TEST(Tables, EachCanMatchAndHasANumberOfItsOwn) {
  for (const auto* table : tables()) {
    std::set<std::string_view> numbers;
    for (const auto& rule : table->rules) {
      EXPECT_TRUE(numbers.insert(rule.number).second) << rule.number;
      EXPECT_EQ(rule.yes & rule.no, 0U) << rule.number;
      EXPECT_LT(rule.action, table->actions.size()) << rule.number;
      EXPECT_FALSE(rule.reason.empty()) << rule.number;
    }
  }
}

TEST(Tables, EveryStateIsReachedFromTheFirst) {
  for (const auto* table : tables()) {
    Bits reached = 1;
    for (std::size_t i = 0; i < table->states.size(); ++i) {
      for (const auto& rule : table->rules) {
        if ((rule.in & reached) != 0 && rule.next >= 0)
          reached |= Bits{1} << static_cast<unsigned>(rule.next);
      }
    }
    EXPECT_EQ(reached, (Bits{1} << table->states.size()) - 1) << table->name;
  }
}

TEST(Tables, AMachineBeginsInTheFirstStateAndTakesTheNextOfTheRuleThatMatches) {
  Machine<PeerState> machine(peer_table());
  EXPECT_EQ(machine.state(), PeerState::kAway);
  EXPECT_EQ(machine.step(bit(PeerFact::kLinked)).number, "P20");
  EXPECT_EQ(machine.state(), PeerState::kGreeting);
  EXPECT_EQ(machine.step(bit(PeerFact::kGreeted)).number, "P24");
  EXPECT_EQ(machine.state(), PeerState::kCopying);
}

TEST(Tables, NoneThatMatchesIsALoudError) {
  static constexpr std::array<std::string_view, 1> kNames{"x"};
  static constexpr std::array kOne{Rule{"X1", 1, 1, 0, 0, 0, "only when x"}};
  const Table table{"test", kOne, kNames, kNames, kNames};
  EXPECT_NO_THROW((void)rule_for(table, 0, 1));
  EXPECT_THROW((void)rule_for(table, 0, 0), std::logic_error);
}

TEST(Tables, TwoThatMatchAreALoudError) {
  static constexpr std::array<std::string_view, 1> kNames{"x"};
  static constexpr std::array kTwo{Rule{"X1", 1, 1, 0, 0, 0, "when x"}, Rule{"X2", 1, 0, 0, 0, 0, "always"}};
  const Table table{"test", kTwo, kNames, kNames, kNames};
  EXPECT_NO_THROW((void)rule_for(table, 0, 0));
  EXPECT_THROW((void)rule_for(table, 0, 1), std::logic_error);
}

// What the tables say is read by people and pinned: a change of a rule shows in a review.
TEST(Tables, TheTablesAreAsPinned) {
  std::string now;
  for (const auto* table : tables()) now += to_text(*table) + "\n";
  std::ifstream file(SPORTAPP_SOURCE "/tests/fixtures/failover_tables.txt");
  std::stringstream pinned;
  pinned << file.rdbuf();
  EXPECT_EQ(now, pinned.str()) << "when the change is meant: sportapp failover table > "
                                  "tests/fixtures/failover_tables.txt";
}

}  // namespace
}  // namespace sportapp::replication
