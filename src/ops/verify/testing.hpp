// What the tests of verify share.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "domain/services/registry.hpp"
#include "store/journal/journal.hpp"
#include "store/journal/reader.hpp"
#include "store/sqlite/sqlite.hpp"

namespace sportapp::verify {

// A journal that commands are given to one by one.
class Recorded {
 public:
  Recorded(const std::filesystem::path& file, std::string_view service)
      : file_(file), domain_(services::find(service)->make_domain()) {
    journal::Options options;
    options.file = file;
    auto opened = journal::Journal::open(std::move(options), *domain_, clock_);
    if (!opened) throw std::runtime_error(opened.error().what);
    journal_ = std::move(*opened);
  }
  void give(std::string type, std::string body) { submit({next_key(), {std::move(type), std::move(body)}}); }
  // Because of the other service's entry `seq`.
  void take_in(std::string source, std::int64_t seq, domain::Command command) {
    submit({"", std::move(command), journal::Cause{source, Seq{taken_[source]}, Seq{seq}}});
    taken_[source] = seq;
  }
  // Changes the file behind the journal's back.
  void tamper(const std::string& sql) {
    auto database = sqlite::open(file_, {});
    if (!database) throw std::runtime_error(database.error().what);
    ASSERT_GT((*database)->exec(sql), 0) << "changed nothing: " << sql;
  }
  std::unique_ptr<journal::Reader> reader() const { return std::move(*journal::Reader::open(file_)); }

 private:
  std::string next_key() { return "key-" + std::to_string(++keys_); }
  void submit(journal::Submission submission) {
    std::promise<bool> answered;
    const auto what = submission.command.type + " " + submission.command.body;
    journal_->submit(std::move(submission), [&](const journal::Outcome& outcome) {
      answered.set_value(std::holds_alternative<journal::Answered>(outcome));
    });
    ASSERT_TRUE(answered.get_future().get()) << what;
  }

  const std::filesystem::path file_;
  const std::unique_ptr<domain::Domain> domain_;
  const SystemClock clock_{};
  std::unique_ptr<journal::Journal> journal_;
  std::map<std::string, std::int64_t> taken_;
  int keys_ = 0;
};

}  // namespace sportapp::verify
