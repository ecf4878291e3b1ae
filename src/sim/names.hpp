// What the commands of the simulator mean, as a service's rules: names, each of which can be taken once.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "domain/domain.hpp"
#include "sim/commands.hpp"
#include "store/journal/submission.hpp"

namespace sportapp::simulator {

class Names final : public domain::Domain {
 public:
  std::string_view service() const override { return "names"; }
  std::vector<domain::Route> routes() const override { return {}; }
  std::vector<domain::Field> fields() const override { return {}; }
  std::variant<domain::Command, domain::Refusal> parse(std::string_view, std::optional<Id>,
                                                       std::string_view) const override {
    return domain::Refusal{};  // commands are made by submission_of()
  }
  domain::Decision decide(const domain::StateReader& state, const domain::Command& command) const override;
  void apply(domain::State& state, const domain::CommittedEvent& event) const override;
};

[[nodiscard]] journal::Submission submission_of(const Request& request);
// Nothing where it was not decided.
[[nodiscard]] std::optional<Reply> reply_of(const Request& request, const journal::Outcome& outcome);

}  // namespace sportapp::simulator
