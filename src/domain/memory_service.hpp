#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "domain/memory_state.hpp"

namespace sportapp::domain {

// A commands service without disk and network, for tests of rules: its journal is `events`.
class MemoryService {
 public:
  explicit MemoryService(std::unique_ptr<Domain> made) : domain(std::move(made)) {}

  // As a client would; gives the status. What was answered is in `answer` or in `refusal`.
  int send(std::string_view method, std::optional<Id> id, std::string_view body) {
    auto parsed = domain->parse(method, id, body);
    if (auto* refused = std::get_if<Refusal>(&parsed)) return refusal = std::move(*refused), refusal.status;
    return execute(std::get<Command>(parsed));
  }
  int post(std::string_view body) { return send("POST", std::nullopt, body); }

  int execute(const Command& command) {
    auto decision = domain->decide(state, command);
    if (auto* refused = std::get_if<Refusal>(&decision)) return refusal = std::move(*refused), refusal.status;
    auto& effect = std::get<Effect>(decision);
    CommittedEvent happened{Seq{static_cast<std::int64_t>(events.size()) + 1}, now_ms, effect.event};
    domain->apply(state, happened);
    events.push_back(std::move(happened));
    answer = std::move(effect.answer);
    return answer.status;
  }

  // Events of another service, from wherever, as a journal takes them in: what counted already is passed
  // over. At most `reactions_max` of the reactions are carried out, as when the process dies then.
  void take_in(const std::string& source, const std::vector<CommittedEvent>& offered,
               std::size_t reactions_max = SIZE_MAX) {
    std::vector<CommittedEvent> fresh;
    std::copy_if(offered.begin(), offered.end(), std::back_inserter(fresh),
                 [&](const CommittedEvent& event) { return event.seq > counted[source]; });
    for (const auto& reaction : domain->react(source, fresh)) {
      if (reactions_max-- == 0) return;
      if (execute(reaction.command) != 200) throw std::logic_error("refused: " + refusal.detail);
      counted[source] = reaction.upto;
    }
  }

  std::unique_ptr<Domain> domain;
  MemoryState state;
  std::vector<CommittedEvent> events;
  std::map<std::string, Seq> counted;  // of each source, the last event that counts
  std::int64_t now_ms = 0;
  Answer answer;
  Refusal refusal;
};

}  // namespace sportapp::domain
