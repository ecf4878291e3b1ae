// What tests of quarantine and of commands start with.
#pragma once
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include "base/clock.hpp"
#include "domain/set_aside.hpp"
#include "server/quarantine/words.hpp"
#include "store/journal/journal.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::quarantine::testing {

// The domain `Words` and its journal in a folder of its own.
class WordsTest : public ::testing::Test {
 protected:
  WordsTest() {
    auto words = std::make_unique<Words>();
    words_ = words.get();
    domain_ = domain::with_set_aside(std::move(words));
    open();
  }

  void open() {
    journal_.reset();
    auto opened = journal::Journal::open({.file = file()}, *domain_, clock_);
    if (!opened) throw std::runtime_error(opened.error().what);
    journal_ = std::move(*opened);
  }
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "journal.db"; }

  // As if it had come from `letters`.
  void add(const std::string& word) {
    auto done = std::make_shared<std::promise<journal::Outcome>>();
    auto outcome = done->get_future();
    const auto before = added_++;
    journal_->submit({"", {"Add", word}, journal::Cause{"letters", Seq{before}, Seq{added_}}},
                     [done](journal::Outcome ended) { done->set_value(std::move(ended)); });
    EXPECT_TRUE(std::holds_alternative<journal::Answered>(outcome.get()));
  }

  sportapp::testing::TempFolder folder_;
  SystemClock clock_;
  Words* words_ = nullptr;
  std::unique_ptr<domain::Domain> domain_;
  std::unique_ptr<journal::Journal> journal_;

 private:
  std::int64_t added_ = 0;
};

}  // namespace sportapp::quarantine::testing
