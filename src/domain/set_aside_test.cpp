#include "domain/set_aside.hpp"

#include <gtest/gtest.h>

#include "domain/memory_state.hpp"

namespace sportapp::domain {
namespace {

// Counts what it is asked to apply, and understands nothing else.
class Counter final : public Domain {
 public:
  std::string_view service() const override { return "counter"; }
  std::vector<Route> routes() const override { return {{"POST", Target::kCollection}}; }
  std::vector<Field> fields() const override { return {{"number", Field::Kind::kInteger, true}}; }
  std::variant<Command, Refusal> parse(std::string_view, std::optional<Id>,
                                       std::string_view body) const override {
    return Command{"Count", std::string(body)};
  }
  Decision decide(const StateReader&, const Command& command) const override {
    return Effect{{"Counted", 1, command.body}, {200, "{}", ""}};
  }
  void apply(State& state, const CommittedEvent& event) const override {
    state.put_row("counted", Id{event.seq.value}, event.event.payload);
  }
  std::vector<std::string> sources() const override { return {"users"}; }
  std::vector<Reaction> react(std::string_view, const std::vector<CommittedEvent>& events) const override {
    return {{events.back().seq, {"Count", "x"}}};
  }
  std::string_view open_table() const override { return "counted"; }
};

const SetAside kEvent{
    "users", {Seq{7}, 1234, {"UserRegistered", 3, "{\"id\":\"\xff\"}"}}, "an id is a number"};

class SetAsideTest : public ::testing::Test {
 protected:
  bool run(const Command& command) {
    auto decision = domain_->decide(state_, command);
    auto* effect = std::get_if<Effect>(&decision);
    if (effect != nullptr) domain_->apply(state_, {seq_ = seq_.next(), 0, effect->event});
    return effect != nullptr;
  }
  MemoryState state_;
  Seq seq_;
  std::unique_ptr<Domain> domain_ = with_set_aside(std::make_unique<Counter>());
};

TEST_F(SetAsideTest, AnEventComesBackWithEveryByteAsItWas) {
  ASSERT_TRUE(run(set_aside(kEvent)));
  const auto row = state_.row(kSetAsideTable, Id{1});
  ASSERT_TRUE(row);
  const auto back = set_aside_of(*row);
  EXPECT_EQ(back.source, kEvent.source);
  EXPECT_EQ(back.event.seq, kEvent.event.seq);
  EXPECT_EQ(back.event.time_ms, kEvent.event.time_ms);
  EXPECT_EQ(back.event.event.type, kEvent.event.event.type);
  EXPECT_EQ(back.event.event.version, kEvent.event.event.version);
  EXPECT_EQ(back.event.event.payload, kEvent.event.event.payload);
  EXPECT_EQ(back.reason, kEvent.reason);
}

TEST_F(SetAsideTest, ClearedOnceAndItsNumberNeverGivenAgain) {
  ASSERT_TRUE(run(set_aside(kEvent)));
  ASSERT_TRUE(run(clear_set_aside(Id{1})));
  EXPECT_FALSE(state_.row(kSetAsideTable, Id{1}));
  EXPECT_FALSE(run(clear_set_aside(Id{1})));
  ASSERT_TRUE(run(set_aside(kEvent)));
  EXPECT_FALSE(state_.row(kSetAsideTable, Id{1}));
  EXPECT_TRUE(state_.row(kSetAsideTable, Id{3}));
}

TEST_F(SetAsideTest, TheDomainIsAsItWas) {
  EXPECT_EQ(domain_->service(), "counter");
  EXPECT_EQ(domain_->routes().size(), 1U);
  EXPECT_EQ(domain_->fields().size(), 1U);
  EXPECT_EQ(domain_->sources(), std::vector<std::string>{"users"});
  EXPECT_EQ(domain_->react("users", {kEvent.event}).size(), 1U);
  EXPECT_EQ(domain_->open_table(), "counted");
  const auto parsed = domain_->parse("POST", std::nullopt, R"({"id":1})");
  ASSERT_TRUE(run(std::get<Command>(parsed)));
  EXPECT_EQ(state_.row("counted", Id{1}), R"({"id":1})");
}

TEST_F(SetAsideTest, OnlyItsOwnEventsAreNoConcernOfAReadModel) {
  EXPECT_TRUE(is_about_set_aside({"EventSetAside", 1, "{}"}));
  EXPECT_TRUE(is_about_set_aside({"SetAsideCleared", 1, "{}"}));
  EXPECT_FALSE(is_about_set_aside(kEvent.event.event));
}

}  // namespace
}  // namespace sportapp::domain
