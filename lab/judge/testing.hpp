// What the tests of the judge share: two nodes' journals of users as the real journal writes them, and the
// log of the clients that asked for them.
#pragma once
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "domain/services/users/users.hpp"
#include "lab/judge/judge.hpp"
#include "lab/request/log.hpp"
#include "store/journal/journal.hpp"
#include "store/sqlite/sqlite.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {

inline constexpr int kUsers = 300;
inline constexpr std::int64_t kEveryUs = 10'000;
inline constexpr std::int64_t kTookUs = 2000;

class JudgeFixture : public ::testing::Test {
 protected:
  JudgeFixture() {
    write_journal();
    std::filesystem::create_directory(b_.parent_path());
    std::filesystem::copy_file(a_, b_);
    for (int number = 1; number <= kUsers; ++number) requests_.push_back(registration(number));
  }

  static std::string name_of(int number) { return fmt::format("u-{}", number); }
  static std::string body_of(int number) {
    return fmt::format(R"({{"id":{},"username":"{}"}})", number, name_of(number));
  }
  // The request that entry `number` is of.
  static Request registration(int number) {
    Request request;
    request.number = number;
    request.client = 1;
    request.key = fmt::format("key-{}", number);
    request.subject = name_of(number);
    request.due_us = request.sent_us = number * kEveryUs;
    request.answered_us = request.sent_us + kTookUs;
    request.outcome = "200";
    request.position = fmt::format("users={}", number);
    request.answer = body_of(number);
    return request;
  }
  Request& at(int number) { return requests_.at(static_cast<std::size_t>(number) - 1); }
  // Of the registration `of`, right after it.
  Request read_of(int of) {
    Request read;
    read.number = static_cast<std::int64_t>(requests_.size()) + 1;
    read.op = Op::kRead;
    read.subject = fmt::format("/api-queries/users/{}", of);
    read.due_us = read.sent_us = at(of).answered_us + 1000;
    read.answered_us = read.sent_us + 500;
    read.outcome = "200";
    read.position_asked = at(of).position;
    read.expected = read.answer = at(of).answer;
    return read;
  }

  // Changes the journal of a node behind its back.
  void tamper(const std::filesystem::path& file, const std::string& sql) const {
    auto database = sqlite::open(file, {});
    ASSERT_TRUE(database) << database.error().what;
    try {
      (*database)->exec(sql);
    } catch (const std::exception& failure) {
      FAIL() << sql << ": " << failure.what();
    }
  }
  void tamper_both(const std::string& sql) const {
    tamper(a_, sql);
    tamper(b_, sql);
  }

  Judgement judged() {
    evidence_.requests = folder_.path() / "requests.tsv";
    auto log = RequestLogWriter::create(evidence_.requests);
    EXPECT_TRUE(log);
    for (const auto& request : requests_) EXPECT_TRUE((*log)->add(request));
    EXPECT_TRUE((*log)->flush());
    if (!evidence_.backend) evidence_.journals = {{"users", {{"a", a_}, {"b", b_}}}};
    auto judgement = judge(evidence_);
    EXPECT_TRUE(judgement) << judgement.error().what;
    return judgement ? *std::move(judgement) : Judgement();
  }
  // Each finding by its name, without those of which there is none.
  static std::vector<std::pair<std::string, std::int64_t>> found(const Judgement& judgement) {
    std::vector<std::pair<std::string, std::int64_t>> found;
    for (const auto* name : {"lost", "doubled", "different", "stale", "unasked", "reordered"}) {
      const auto count = static_cast<std::int64_t>(judgement.measures.at(name).value());
      if (count != 0) found.emplace_back(name, count);
    }
    return found;
  }
  static InjectedFault fault(int number, std::int64_t at_us, std::string target = "users.primary") {
    InjectedFault struck;
    struck.number = number;
    struck.target = std::move(target);
    struck.what = "kill -9 of users-commands-a";
    struck.at_us = at_us;
    return struck;
  }

  const sportapp::testing::TempFolder folder_;
  const std::filesystem::path a_ = folder_.path() / "users-commands-a" / "journal.db";
  const std::filesystem::path b_ = folder_.path() / "users-commands-b" / "journal.db";
  std::vector<Request> requests_;
  Evidence evidence_{.requests = {}, .duration_us = (kUsers + 1) * kEveryUs, .faults = {}, .events = {}};

 private:
  void write_journal() {
    const auto users = domain::make_users();
    const SystemClock clock;
    journal::Options options;
    options.file = a_;
    auto opened = journal::Journal::open(std::move(options), *users, clock);
    ASSERT_TRUE(opened) << opened.error().what;
    std::vector<std::future<bool>> answers;
    for (int number = 1; number <= kUsers; ++number) {
      auto promise = std::make_shared<std::promise<bool>>();
      answers.push_back(promise->get_future());
      (*opened)->submit({fmt::format("key-{}", number),
                         {"RegisterUser", fmt::format(R"({{"username":"{}"}})", name_of(number))}},
                        [promise, number](const journal::Outcome& outcome) {
                          const auto* const answered = std::get_if<journal::Answered>(&outcome);
                          promise->set_value(answered != nullptr && answered->answer.body == body_of(number));
                        });
    }
    for (auto& answer : answers) ASSERT_TRUE(answer.get());
  }
};

}  // namespace sportapp::lab
