// What the tests of the commands side share: a domain that follows another service, its journal, and what its
// state then holds.
#pragma once
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

#include "base/clock.hpp"
#include "domain/set_aside.hpp"
#include "server/commands/intake.hpp"
#include "server/commands/words.hpp"
#include "store/journal/journal.hpp"
#include "store/journal/reader.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::commands::testing {

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

}  // namespace sportapp::commands::testing
