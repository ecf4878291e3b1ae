#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domain/domain.hpp"

namespace sportapp::domain {

// A domain that does what another one does, but for what a derived class overrides.
class DomainWrapper : public Domain {
 public:
  explicit DomainWrapper(std::unique_ptr<Domain> domain) : domain_(std::move(domain)) {}

  std::string_view service() const override { return domain_->service(); }
  std::vector<Route> routes() const override { return domain_->routes(); }
  std::vector<Field> fields() const override { return domain_->fields(); }
  std::variant<Command, Refusal> parse(std::string_view method, std::optional<Id> id,
                                       std::string_view body) const override {
    return domain_->parse(method, id, body);
  }
  Decision decide(const StateReader& state, const Command& command) const override {
    return domain_->decide(state, command);
  }
  void apply(State& state, const CommittedEvent& event) const override { domain_->apply(state, event); }
  std::vector<std::string> sources() const override { return domain_->sources(); }
  int gather_ms(std::string_view source) const override { return domain_->gather_ms(source); }
  std::vector<std::string> keeps() const override { return domain_->keeps(); }
  std::vector<Reaction> react(std::string_view source,
                              const std::vector<CommittedEvent>& events) const override {
    return domain_->react(source, events);
  }
  std::string_view open_table() const override { return domain_->open_table(); }

 protected:
  [[nodiscard]] const Domain& wrapped() const { return *domain_; }

 private:
  const std::unique_ptr<Domain> domain_;
};

}  // namespace sportapp::domain
