// The domain of the tests of quarantine and commands.
#pragma once
#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "domain/domain.hpp"
#include "domain/set_aside.hpp"

namespace sportapp::quarantine::testing {

// Words, each once. Words come as events of `letters` too: runs of `Many` become one command, `Other` is no
// concern, and the payloads "unreadable", "refused" and "bomb" fail in react, decide and apply as long as the
// service is not mended. A request for a word is refused until the word has come.
class Words final : public domain::Domain {
 public:
  std::string_view service() const override { return "words"; }
  std::vector<domain::Route> routes() const override { return {{"POST", domain::Target::kCollection}}; }
  std::vector<domain::Field> fields() const override { return {}; }
  std::vector<std::string> sources() const override { return {"letters"}; }
  std::string_view open_table() const override { return "open"; }

  std::variant<domain::Command, domain::Refusal> parse(std::string_view, std::optional<Id>,
                                                       std::string_view body) const override {
    return domain::Command{"Use", std::string(body)};
  }

  domain::Decision decide(const domain::StateReader& state, const domain::Command& command) const override {
    if (command.type == "Use" && !state.id_of("word", command.body)) {
      return domain::Refusal{400, "Bad request", command.body + " is not known", {}, true};
    }
    if (!mended && command.body == "refused") return domain::Refusal{409, "Conflict", "no such word", {}};
    return domain::Effect{{command.type == "Use" ? "Used" : "Added", 1, command.body}, {200, "{}", ""}};
  }

  void apply(domain::State& state, const domain::CommittedEvent& committed) const override {
    if (committed.event.type == "Used") {
      return state.put_row("open", Id{committed.seq.value},
                           R"({"since_ms":)" + std::to_string(committed.time_ms) + "}");
    }
    for (std::size_t begin = 0; begin <= committed.event.payload.size();) {
      const auto end = std::min(committed.event.payload.find(',', begin), committed.event.payload.size());
      const auto word = committed.event.payload.substr(begin, end - begin);
      const auto id = state.last_id("words").next();
      state.put_row("words", id, word);
      if (!mended && word == "bomb") throw std::logic_error("a bomb");
      state.put_unique("word", word, id);
      begin = end + 1;
    }
  }

  std::vector<domain::Reaction> react(std::string_view source,
                                      const std::vector<domain::CommittedEvent>& events) const override {
    if (source != "letters") throw std::logic_error("not followed");
    std::vector<domain::Reaction> reactions;
    bool run = false;
    for (const auto& [seq, time_ms, event, previous, hash] : events) {
      if (!mended && event.payload == "unreadable") throw std::runtime_error("what a mess");
      if (event.type == "Other" || domain::tells_of_passing(event)) continue;
      if (run && event.type == "Many") {
        reactions.back().upto = seq;
        reactions.back().command.body += "," + event.payload;
      } else {
        reactions.push_back({seq, {"Add", event.payload}});
      }
      run = event.type == "Many";
    }
    return reactions;
  }

  bool mended = false;
};

}  // namespace sportapp::quarantine::testing
