#include "ops/verify/verify.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>
#include <map>

#include "base/clock.hpp"
#include "domain/services/registry.hpp"
#include "domain/services/users/users.hpp"
#include "domain/services/users/users_views.hpp"
#include "store/journal/journal.hpp"
#include "store/projection/read_model.hpp"
#include "store/sqlite/sqlite.hpp"

namespace sportapp::verify {
namespace {

namespace fs = std::filesystem;

constexpr const char* kJournal = "users-commands-a/journal.db";
constexpr const char* kFirstModel = "users-queries-1/read_model.db";
constexpr const char* kSecondModel = "users-queries-2/read_model.db";
constexpr int kUsers = 1500;  // more than a page of everything
constexpr int kBehind = 1100;

// An instance's files as the real journal and read models write them: one read model is behind the other.
class VerifyTest : public ::testing::Test {
 protected:
  VerifyTest()
      : data_(fs::path(::testing::TempDir()) / fmt::format("verify_test_{}_{}", getpid(), test_name())) {
    fs::remove_all(data_);
    write_journal();
    write_empty_journals();
    write_model(kFirstModel, kUsers);
    write_model(kSecondModel, kBehind);
  }
  ~VerifyTest() override { fs::remove_all(data_); }

  static std::string test_name() { return ::testing::UnitTest::GetInstance()->current_test_info()->name(); }

  static journal::Submission submission(int number) {
    const auto email = number % 2 == 0 ? fmt::format(R"(,"email":"U{}@example.org")", number) : "";
    return {fmt::format("key-{}", number),
            {"RegisterUser", fmt::format(R"({{"username":"user {}"{}}})", number, email)}};
  }

  Result<std::unique_ptr<journal::Journal>> open_journal() {
    journal::Options options;
    options.file = data_ / kJournal;
    return journal::Journal::open(std::move(options), *users_, clock_);
  }

  void write_journal() {
    auto opened = open_journal();
    ASSERT_TRUE(opened) << opened.error().what;
    std::vector<std::future<bool>> answers;
    for (int number = 1; number <= kUsers; ++number) {
      auto promise = std::make_shared<std::promise<bool>>();
      answers.push_back(promise->get_future());
      (*opened)->submit(submission(number), [promise](const journal::Outcome& outcome) {
        promise->set_value(std::holds_alternative<journal::Answered>(outcome));
      });
    }
    for (auto& answer : answers) ASSERT_TRUE(answer.get());
    auto source = (*opened)->events();
    ASSERT_TRUE(source) << source.error().what;
    auto events = (*source)->read(Seq{}, kUsers);
    ASSERT_TRUE(events) << events.error().what;
    events_ = std::move(*events);
  }

  // Of the other services, where nothing has happened yet.
  void write_empty_journals() {
    for (const auto& service : services::all()) {
      if (service.name == "users") continue;
      const auto domain = service.make_domain();
      journal::Options options;
      options.file = data_ / fmt::format("{}-commands-a", service.name) / "journal.db";
      const auto opened = journal::Journal::open(std::move(options), *domain, clock_);
      ASSERT_TRUE(opened) << opened.error().what;
      checks_of_others_ += 4;  // file, mark, chain, state
    }
  }

  void write_model(const char* file, std::size_t events) {
    projection::ReadModel::Options options;
    options.file = data_ / file;
    auto model = projection::ReadModel::open(std::move(options), *views_, clock_);
    ASSERT_TRUE(model) << model.error().what;
    const auto written = (*model)->write(std::span(events_).first(events));
    ASSERT_TRUE(written) << written.error().what;
  }

  // Changes a file behind its owner's back, as a defect of a program would: its bytes are not sealed then.
  void tamper(const char* file, const std::string& sql) {
    fs::remove((data_ / file).replace_extension(".seal"));
    auto database = sqlite::open(data_ / file, {});
    ASSERT_TRUE(database) << database.error().what;
    ASSERT_GT((*database)->exec(sql), 0) << "changed nothing: " << sql;
  }

  void check() {
    findings_.clear();
    verdict_ = verify(
        data_, {[this](const Finding& finding) { findings_[finding.file + " " + finding.check] = finding; },
                [this](const std::string&, std::int64_t done, std::int64_t of) { EXPECT_LE(done, of); }});
  }

  // The one difference there is, which must be of this file and check.
  Difference only_difference(const std::string& file, const std::string& check_name) {
    check();
    EXPECT_EQ(verdict_.unreadable, 0);
    for (const auto& [name, finding] : findings_) {
      EXPECT_EQ(finding.first.has_value(), name == file + " " + check_name)
          << name << (finding.first ? ": " + finding.first->place : "");
    }
    return difference(file, check_name);
  }

  Difference difference(const std::string& file, const std::string& check_name) {
    const auto& first = findings_[file + " " + check_name].first;
    EXPECT_TRUE(first) << file << " " << check_name << " found nothing";
    return first.value_or(Difference{});
  }

  const fs::path data_;
  const std::unique_ptr<domain::Domain> users_ = domain::make_users();
  const std::unique_ptr<domain::Projection> views_ = domain::make_users_views();
  const SystemClock clock_{};
  std::vector<domain::CommittedEvent> events_;
  std::map<std::string, Finding> findings_;
  Verdict verdict_;
  int checks_of_others_ = 2;  // at first those of the saga and of what orders knows
};

TEST_F(VerifyTest, AGoodInstanceIsEqualEverywhereThoughOneReadModelIsBehind) {
  check();
  EXPECT_EQ(verdict_.checks, 8 + checks_of_others_);
  EXPECT_EQ(verdict_.different, 0);
  EXPECT_EQ(verdict_.unreadable, 0);
  for (const auto& [name, finding] : findings_) EXPECT_FALSE(finding.first) << name;
  EXPECT_EQ(findings_[std::string(kJournal) + " state"].summary, "1500 rows, 2250 unique values");
  EXPECT_EQ(findings_[std::string(kSecondModel) + " views"].summary,
            "1100 views and links, 1650 lookups at position 1100 of 1500");
}

TEST_F(VerifyTest, ARunningInstanceIsCheckedAtOneMoment) {
  auto opened = open_journal();
  ASSERT_TRUE(opened) << opened.error().what;
  check();
  EXPECT_EQ(verdict_.different + verdict_.unreadable, 0);
  std::promise<bool> answered;
  (*opened)->submit(submission(kUsers + 1), [&](const journal::Outcome& outcome) {
    answered.set_value(std::holds_alternative<journal::Answered>(outcome));
  });
  EXPECT_TRUE(answered.get_future().get()) << "the check must not keep the instance from writing";
}

TEST_F(VerifyTest, AFlippedByteInAPayloadBreaksTheEntrysHash) {
  tamper(kJournal,
         "UPDATE entries SET payload = replace(payload, 'user 1217', 'user 1218') WHERE seq = 1217");
  check();
  EXPECT_EQ(difference(kJournal, "chain").place, "entry 1217, hash");
  EXPECT_EQ(difference(kJournal, "state").place, "entry 1218") << "the name appears twice when replayed";
  EXPECT_EQ(verdict_.unreadable, 0);
}

TEST_F(VerifyTest, ARemovedEntryIsAGap) {
  tamper(kJournal, "DELETE FROM entries WHERE seq = 1000");
  check();
  const auto gap = difference(kJournal, "chain");
  EXPECT_EQ(gap.place, "entry 1000");
  EXPECT_EQ(gap.found, "entry 1001 follows 999");
  EXPECT_EQ(difference(kJournal, "state").place, "users 1000");
  EXPECT_EQ(difference(kSecondModel, "views").place, "view 1000");
}

TEST_F(VerifyTest, ALostLastEntryIsMissedByTheStateAndTheReadModel) {
  tamper(kJournal, "DELETE FROM entries WHERE seq = 1500");
  check();
  EXPECT_EQ(difference(kJournal, "state").place, "users 1500");
  EXPECT_EQ(difference(kFirstModel, "views").place, "position");
  EXPECT_NE(difference(kJournal, "mark").found.find("entry 1500"), std::string::npos);
}

TEST_F(VerifyTest, AByteThatChangedInAClosedJournalIsFoundByItsSeal) {
  const auto seal = (data_ / kJournal).replace_extension(".seal");
  ASSERT_TRUE(fs::exists(seal));
  const auto kept = seal.string() + ".kept";
  fs::copy_file(seal, kept);
  tamper(kJournal, "UPDATE meta SET value = value + 0 WHERE name = 'format'; CREATE TABLE more(x)");
  fs::copy_file(kept, seal);
  EXPECT_NE(only_difference(kJournal, "mark").found.find("journal.seal"), std::string::npos);
}

TEST_F(VerifyTest, SwappedHashesAreNamedAtTheFirst) {
  tamper(kJournal,
         "UPDATE entries SET hash = (SELECT hash FROM entries AS other WHERE other.seq = 21 - entries.seq) "
         "WHERE seq IN (10, 11)");
  const auto found = only_difference(kJournal, "chain");
  EXPECT_EQ(found.place, "entry 10, hash");
  EXPECT_EQ(found.expected.size(), 64U);
  EXPECT_NE(found.expected, found.found);
}

TEST_F(VerifyTest, AChangeOfAnyFieldOfAnEntryBreaksItsHash) {
  for (const std::string change :
       {"epoch = epoch + 1", "time_ms = time_ms + 1", "key = key || 'x'", "fingerprint = zeroblob(16)",
        "status = 201", "answer = '{}'", "location = ''", "version = version + 1"}) {
    tamper(kJournal,
           "CREATE TABLE kept AS SELECT * FROM entries; UPDATE entries SET " + change + " WHERE seq = 7");
    check();
    EXPECT_EQ(difference(kJournal, "chain").place, "entry 7, hash") << change;
    tamper(kJournal, "DELETE FROM entries; INSERT INTO entries SELECT * FROM kept");
    tamper(kJournal, "DROP TABLE kept; UPDATE meta SET value = value");
  }
}

TEST_F(VerifyTest, AChangedRowOfTheStateIsNamedWithBothItsValues) {
  tamper(kJournal, "UPDATE state_rows SET json = '{}' WHERE id = 1401");
  const auto found = only_difference(kJournal, "state");
  EXPECT_EQ(found.place, "users 1401");
  EXPECT_EQ(found.expected, R"({"id":1401,"username":"user 1401"})");
  EXPECT_EQ(found.found, "{}");
}

TEST_F(VerifyTest, AUniqueValueThatIsMissingOrTooManyIsFound) {
  tamper(kJournal, "DELETE FROM state_uniques_recent WHERE field = 'email' AND value = 'u400@example.org'");
  const auto missing = only_difference(kJournal, "state");
  EXPECT_EQ(missing.place, "email 'u400@example.org'");
  EXPECT_EQ(missing.expected, "400");
  EXPECT_EQ(missing.found, "nothing");
  tamper(kJournal,
         "INSERT INTO state_uniques VALUES('email', 'u400@example.org', 400), ('username', 'x', 1)");
  const auto extra = only_difference(kJournal, "state");
  EXPECT_EQ(extra.place, "username 'x'");
  EXPECT_EQ(extra.expected, "nothing");
}

TEST_F(VerifyTest, AViewThatIsMissingOrTooManyOrWrongIsFound) {
  tamper(kSecondModel, "DELETE FROM views WHERE id = 1100");
  EXPECT_EQ(only_difference(kSecondModel, "views").place, "view 1100");
  tamper(kSecondModel, R"(INSERT INTO views VALUES(1100, '{"id":1100,"username":"user 1100"}'))");
  EXPECT_EQ(only_difference(kSecondModel, "views").found, R"({"id":1100,"username":"user 1100"})");
  tamper(kSecondModel,
         "UPDATE views SET view = replace(view, '}', ',\"email\":\"U1100@example.org\"}') "
         "WHERE id = 1100; INSERT INTO views VALUES(1101, '{}')");
  const auto extra = only_difference(kSecondModel, "views");
  EXPECT_EQ(extra.place, "view 1101");
  EXPECT_EQ(extra.expected, "nothing");
}

TEST_F(VerifyTest, ALookupThatLeadsElsewhereIsFound) {
  tamper(kFirstModel, "UPDATE lookups_recent SET id = 1 WHERE field = 'username' AND value = 'user 2'");
  const auto found = only_difference(kFirstModel, "views");
  EXPECT_EQ(found.place, "username 'user 2'");
  EXPECT_EQ(found.expected, "2");
  EXPECT_EQ(found.found, "1");
}

TEST_F(VerifyTest, AReadModelThatSaysLessThanItsPositionIsFound) {
  tamper(kSecondModel, "UPDATE meta SET position = 1101");
  EXPECT_EQ(only_difference(kSecondModel, "views").place, "view 1101");
}

TEST_F(VerifyTest, AnEventThatCannotBeShownMustBeSetAside) {
  tamper(kJournal, "UPDATE entries SET payload = '{}' WHERE seq = 7");
  check();
  EXPECT_EQ(difference(kFirstModel, "views").place, "event 7");
  EXPECT_EQ(difference(kFirstModel, "views").found, "nothing");
  tamper(kFirstModel,
         "DELETE FROM views WHERE id = 7; DELETE FROM lookups_recent WHERE id = 7; INSERT INTO set_aside "
         "VALUES(7, "
         R"('{"seq":7,"time_ms":0,"type":"UserRegistered","version":1,"payload":"{}"}', 'not understood'))");
  check();
  const auto& views = findings_[std::string(kFirstModel) + " views"];
  EXPECT_FALSE(views.first) << views.first->place;
  EXPECT_TRUE(views.summary.ends_with(", 1 events set aside")) << views.summary;
}

TEST_F(VerifyTest, AnEventSetAsideThatCanBeShownIsFound) {
  tamper(kFirstModel,
         R"(INSERT INTO set_aside VALUES(7, '{"seq":7,"time_ms":0,"type":"UserRegistered","version":1,)"
         R"("payload":"{}"}', 'not understood'))");
  const auto found = only_difference(kFirstModel, "views");
  EXPECT_EQ(found.place, "event 7");
  EXPECT_EQ(found.found, "set aside");
}

TEST_F(VerifyTest, AReadModelAheadOfTheJournalIsFound) {
  tamper(kFirstModel, "UPDATE meta SET position = 1501");
  const auto found = only_difference(kFirstModel, "views");
  EXPECT_EQ(found.place, "position");
  EXPECT_EQ(found.found, "1501");
}

TEST_F(VerifyTest, WhatCannotBeReadIsNamedAndTheRestIsChecked) {
  fs::remove(data_ / kFirstModel);
  check();
  EXPECT_EQ(verdict_.unreadable, 1);
  EXPECT_EQ(verdict_.different, 0);
  EXPECT_EQ(verdict_.checks, 7 + checks_of_others_);
  const auto& finding = findings_[std::string(kFirstModel) + " file"];
  ASSERT_TRUE(finding.unreadable);
  EXPECT_NE(finding.unreadable->what.find(kFirstModel), std::string::npos) << finding.unreadable->what;
  EXPECT_FALSE(fs::exists(data_ / kFirstModel)) << "a check makes no file";
}

TEST_F(VerifyTest, AFolderOfNoInstanceIsUnreadable) {
  fs::remove_all(data_);
  check();
  EXPECT_EQ(verdict_.unreadable, static_cast<int>(services::all().size()));
  EXPECT_EQ(verdict_.different, 0);
}

}  // namespace
}  // namespace sportapp::verify
