// What the tests of the commands side share: a domain that follows another service, its journal, and what its
// state then holds.
#pragma once
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

#include "base/clock.hpp"
#include "domain/set_aside.hpp"
#include "journal/journal.hpp"
#include "journal/reader.hpp"
#include "service/intake.hpp"
#include "testing/temp_folder.hpp"

namespace sportapp::service::testing {

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
    for (const auto& [seq, time_ms, event] : events) {
      if (!mended && event.payload == "unreadable") throw std::runtime_error("what a mess");
      if (event.type == "Other") continue;
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

class CommandsTest : public ::testing::Test {
 protected:
  CommandsTest() {
    auto words = std::make_unique<Words>();
    words_ = words.get();
    domain_ = domain::with_set_aside(std::move(words));
    open();
  }

  void open() {
    intake_.reset();
    journal_.reset();
    auto opened = journal::Journal::open({.file = file()}, *domain_, clock_);
    if (!opened) throw std::runtime_error(opened.error().what);
    journal_ = std::move(*opened);
    intake_ = std::make_unique<Intake>("letters", *domain_, *journal_, [this](Seq at) { told_ = at; });
  }
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "journal.db"; }

  // The next events of the source.
  void happen(const std::string& type, const std::vector<std::string>& payloads) {
    for (const auto& payload : payloads) {
      events_.push_back(
          {Seq{static_cast<std::int64_t>(events_.size()) + 1}, 1'700'000'000'000, {type, 1, payload}});
    }
  }
  // As the consumer does: what comes after the position, `size` at a time.
  Result<void> take_in(std::size_t size = 1000) {
    while (intake_->position().value < static_cast<std::int64_t>(events_.size())) {
      const auto begin = static_cast<std::size_t>(intake_->position().value);
      const auto count = std::min(size, events_.size() - begin);
      if (auto written = intake_->write(std::span(events_).subspan(begin, count)); !written) return written;
    }
    return {};
  }
  std::vector<std::string> rows(const std::string& table) const {
    const auto reader = journal::Reader::open(file());
    std::vector<std::string> found;
    for (const auto& row : (*reader)->rows_of(table, Id{}, 10'000).value()) found.push_back(row.json);
    return found;
  }
  // What is set aside, as `seq reason`.
  std::vector<std::string> set_aside() const {
    std::vector<std::string> found;
    for (const auto& row : rows("set_aside")) {
      const auto aside = domain::set_aside_of(row);
      EXPECT_EQ(aside.source, "letters");
      EXPECT_EQ(aside.event.event.payload,
                events_.at(static_cast<std::size_t>(aside.event.seq.value - 1)).event.payload);
      found.push_back(std::to_string(aside.event.seq.value) + " " + aside.reason);
    }
    return found;
  }

  sportapp::testing::TempFolder folder_;
  SystemClock clock_;
  Words* words_ = nullptr;
  std::unique_ptr<domain::Domain> domain_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<Intake> intake_;
  std::vector<domain::CommittedEvent> events_;
  Seq told_;
};

}  // namespace sportapp::service::testing
