#include "lab/poison/poison.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "domain/memory_state.hpp"

namespace sportapp::domain {
namespace {

class Plain final : public Domain {
 public:
  std::string_view service() const override { return "plain"; }
  std::vector<Route> routes() const override { return {{"POST", Target::kCollection}}; }
  std::vector<Field> fields() const override { return {}; }
  std::variant<Command, Refusal> parse(std::string_view, std::optional<Id>,
                                       std::string_view body) const override {
    return Command{"Do", std::string(body)};
  }
  Decision decide(const StateReader&, const Command& command) const override {
    return Effect{{"Done", 1, command.body}, {200, "{}", ""}};
  }
  void apply(State&, const CommittedEvent&) const override {}
};

TEST(Poison, FindsTheFirstText) {
  EXPECT_EQ(first_text(R"({"a":1,"b" : "two","c":"three"})"), "two");
  EXPECT_EQ(first_text(R"({"a":1})"), "");
  EXPECT_EQ(first_text(""), "");
  EXPECT_EQ(first_text(R"({"a":"cut)"), "cut");
}

TEST(Poison, WhatIsNotPoisonousGoesThrough) {
  const auto domain = with_poison(std::make_unique<Plain>());
  const MemoryState state;
  for (const auto* body : {R"({"name":"ana"})", R"({"name":"poison"})", R"({"name":"poison:nothing"})"}) {
    const auto parsed = domain->parse("POST", {}, body);
    ASSERT_TRUE(std::holds_alternative<Command>(parsed));
    EXPECT_TRUE(std::holds_alternative<Effect>(domain->decide(state, std::get<Command>(parsed))));
  }
}

TEST(PoisonDeathTest, EndsTheProcessWhereItIsMeantTo) {
  const auto domain = with_poison(std::make_unique<Plain>());
  const MemoryState state;
  EXPECT_EXIT((void)domain->decide(state, {"Do", R"({"name":"poison:crash"})"}),
              ::testing::KilledBySignal(SIGABRT), "");
  EXPECT_EXIT((void)domain->parse("POST", {}, R"({"name":"poison-parse:crash 7"})"),
              ::testing::KilledBySignal(SIGABRT), "");
  const auto in_decide_only = domain->parse("POST", {}, R"({"name":"poison:crash"})");
  EXPECT_TRUE(std::holds_alternative<Command>(in_decide_only));
}

}  // namespace
}  // namespace sportapp::domain
