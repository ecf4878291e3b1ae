// What an earlier version wrote is opened, gone on with, projected and verified. See
// tests/fixtures/README.md.
#include <gtest/gtest.h>

#include <future>

#include "base/clock.hpp"
#include "domain/services/users/users.hpp"
#include "domain/services/users/users_views.hpp"
#include "ops/verify/verify.hpp"
#include "store/journal/journal.hpp"
#include "store/projection/read_model.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::verify {
namespace {

namespace fs = std::filesystem;

class OlderUsersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    copy_as_it_was();
    auto opened = journal::Journal::open({.file = file()}, *users_, clock_);
    ASSERT_TRUE(opened) << opened.error().what;
    journal_ = std::move(*opened);
  }
  void copy_as_it_was() {
    fs::create_directory(folder_.path() / "users-commands-a");
    fs::copy_file(fs::path(SPORTAPP_FIXTURES) / "users_1/journal.db", file());
  }
  fs::path file() const { return folder_.path() / "users-commands-a/journal.db"; }

  journal::Outcome post(const std::string& key, std::string_view body) {
    auto command = users_->parse("POST", std::nullopt, body);
    std::promise<journal::Outcome> promise;
    journal_->submit({key, std::get<domain::Command>(std::move(command))},
                     [&](journal::Outcome outcome) { promise.set_value(std::move(outcome)); });
    return promise.get_future().get();
  }

  std::vector<domain::CommittedEvent> events() {
    auto source = journal_->events();
    EXPECT_TRUE(source) << source.error().what;
    auto read = (*source)->read(Seq{}, 100);
    EXPECT_TRUE(read) << read.error().what;
    return std::move(*read);
  }

  // What the check of the users' files finds; there are no others here.
  std::vector<Finding> verified() {
    std::vector<Finding> findings;
    (void)verify(folder_.path(), {[&](const Finding& finding) {
                                    if (finding.file.starts_with("users-")) findings.push_back(finding);
                                  },
                                  [](const std::string&, std::int64_t, std::int64_t) {}});
    return findings;
  }

  void expect_verified() {
    const auto findings = verified();
    EXPECT_GE(findings.size(), 3U);
    for (const auto& finding : findings) {
      EXPECT_FALSE(finding.first) << finding.file << " " << finding.check << ": " << finding.first->place;
      EXPECT_FALSE(finding.unreadable) << finding.unreadable->what;
    }
  }

  const sportapp::testing::TempFolder folder_;
  const std::unique_ptr<domain::Domain> users_ = domain::make_users();
  const std::unique_ptr<domain::Projection> views_ = domain::make_users_views();
  const SystemClock clock_{};
  std::unique_ptr<journal::Journal> journal_;
};

TEST_F(OlderUsersTest, TheJournalIsWholeAndItsStateIsItsReplay) {
  const auto found = events();
  ASSERT_EQ(found.size(), 12U);
  for (const auto& event : found) EXPECT_EQ(event.event.version, 1);
  expect_verified();
}

TEST_F(OlderUsersTest, ItCanBeCheckedBeforeAProgramOfNowHadItOpen) {
  journal_.reset();
  fs::remove_all(file().parent_path());
  copy_as_it_was();
  expect_verified();
}

TEST_F(OlderUsersTest, WhatWasRegisteredThenIsTakenNow) {
  for (const auto* body : {R"({"username":"ana"})", R"({"username":"x","email":"LUZ@example.ORG"})",
                           R"({"username":"x","email":"Straße@example.org"})",
                           R"({"username":"x","email":"ÑANDÚ@example.org"})"}) {
    const auto outcome = post("anew", body);
    ASSERT_TRUE(std::holds_alternative<domain::Refusal>(outcome)) << body;
    EXPECT_EQ(std::get<domain::Refusal>(outcome).status, 409);
  }
}

TEST_F(OlderUsersTest, AKeyOfThenGivesTheAnswerOfThen) {
  const auto outcome = post("first-luz", R"({"email":"Luz@Example.org","username":"luz"})");
  ASSERT_TRUE(std::holds_alternative<journal::Answered>(outcome));
  const auto& answered = std::get<journal::Answered>(outcome);
  EXPECT_TRUE(answered.replayed);
  EXPECT_EQ(answered.answer.body, R"({"id":2,"username":"luz","email":"Luz@Example.org"})");
  EXPECT_TRUE(std::holds_alternative<journal::KeyReused>(post("first-luz", R"({"username":"luz"})")));
}

TEST_F(OlderUsersTest, ItGoesOnInTheVersionOfNowAndIsShownFromBoth) {
  const auto outcome = post("anew", R"({"username":"pia","email":"Pía@example.org"})");
  ASSERT_TRUE(std::holds_alternative<journal::Answered>(outcome));
  const auto found = events();
  ASSERT_EQ(found.size(), 13U);
  EXPECT_EQ(found.back().event.version, 2);
  const auto model_file = folder_.path() / "users-queries-1/read_model.db";
  fs::create_directory(model_file.parent_path());
  {
    auto model = projection::ReadModel::open({.file = model_file, .on_written = {}, .on_damaged = {}},
                                             *views_, clock_);
    ASSERT_TRUE(model) << model.error().what;
    const auto written = (*model)->write(found);
    ASSERT_TRUE(written) << written.error().what;
  }
  auto reader = projection::ReadModelReader::open(model_file);
  ASSERT_TRUE(reader) << reader.error().what;
  const auto shown = (*reader)->find("email", "strasse@example.org");
  ASSERT_TRUE(shown && *shown);
  EXPECT_EQ((*shown)->view, R"({"id":4,"username":"straße","email":"STRASSE@example.org"})");
  const auto newest = (*reader)->find("email", "pía@example.org");
  ASSERT_TRUE(newest && *newest);
  EXPECT_EQ((*newest)->id, Id{13});
  expect_verified();
}

}  // namespace
}  // namespace sportapp::verify
