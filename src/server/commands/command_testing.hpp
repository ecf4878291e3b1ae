// What the tests of the commands side share: a domain that follows another service, its journal, and what its
// state then holds.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "domain/set_aside.hpp"
#include "server/commands/intake.hpp"
#include "server/quarantine/testing.hpp"
#include "store/journal/reader.hpp"

namespace sportapp::commands::testing {

class CommandsTest : public quarantine::testing::WordsTest {
 protected:
  CommandsTest() { open_intake(); }

  void open() {
    intake_.reset();
    WordsTest::open();
    open_intake();
  }
  void open_intake() {
    intake_ = std::make_unique<Intake>("letters", *domain_, *journal_, [this](Seq at) { told_ = at; });
  }

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

  std::unique_ptr<Intake> intake_;
  std::vector<domain::CommittedEvent> events_;
  Seq told_;
};

}  // namespace sportapp::commands::testing
