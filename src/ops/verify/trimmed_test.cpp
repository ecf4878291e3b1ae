// An instance whose journal has lost its first entries to retention: what is checked yet, and what is said
// not to be.
#include <gtest/gtest.h>

#include <future>
#include <map>

#include "base/clock.hpp"
#include "domain/services/registry.hpp"
#include "ops/verify/verify.hpp"
#include "store/journal/journal.hpp"
#include "store/projection/base_model.hpp"
#include "store/projection/read_model.hpp"
#include "store/sqlite/sqlite.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::verify {
namespace {

namespace fs = std::filesystem;

class TrimmedTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kUsers = 40, kDeleted = 25;

  void SetUp() override {
    auto opened = journal::Journal::open({.file = journal_file()}, *domain_, clock_);
    ASSERT_TRUE(opened) << opened.error().what;
    journal_ = std::move(*opened);
    for (int i = 1; i <= kUsers; ++i) register_user("user" + std::to_string(i));
    write(folder_.path() / "users-queries-1" / "read_model.db", kUsers);
    write(folder_.path() / "users-queries-2" / "read_model.db", kDeleted - 5);
    keep(kDeleted);
    std::promise<bool> trimmed;
    journal_->trim({Seq{kDeleted}, 1000, journal_->status().opened},
                   [&](const Result<journal::Trimmed>& done) {
                     trimmed.set_value(done && done->base.value == kDeleted);
                   });
    ASSERT_TRUE(trimmed.get_future().get());
    journal_.reset();
  }
  [[nodiscard]] fs::path journal_file() const { return folder_.path() / "users-commands-a" / "journal.db"; }
  [[nodiscard]] fs::path base_file() const { return projection::base_file_of(journal_file()); }

  void register_user(const std::string& name) {
    auto command = domain_->parse("POST", std::nullopt, R"({"username":")" + name + R"("})");
    std::promise<void> done;
    journal_->submit({name, std::get<domain::Command>(std::move(command))},
                     [&](const journal::Outcome&) { done.set_value(); });
    done.get_future().get();
  }
  std::vector<domain::CommittedEvent> events(std::int64_t upto) {
    return (*journal_->events()).get()->read(Seq{}, static_cast<std::size_t>(upto)).value();
  }
  void write(const fs::path& file, std::int64_t upto) {
    auto model =
        projection::ReadModel::open({.file = file, .on_written = {}, .on_damaged = {}}, *views_, clock_);
    ASSERT_TRUE((*model)->write(events(upto)));
  }
  void keep(std::int64_t upto) {
    projection::ReadModel::Options options;
    options.file = base_file();
    options.is_base = true;
    auto model = projection::ReadModel::open(std::move(options), *views_, clock_);
    const auto entries = (*journal_->entries())->read(Seq{upto - 1}, 1, SIZE_MAX);
    ASSERT_TRUE((*model)->write_base(events(upto), entries->front().hash));
  }
  static void tamper(const fs::path& file, const std::string& sql) {
    auto database = sqlite::open(file, {});
    ASSERT_TRUE(database);
    ASSERT_GT((*database)->exec(sql), 0) << sql;
  }

  // By "file check" of the users' files; a difference begins with "DIFFERENT".
  std::map<std::string, std::string> found() {
    std::map<std::string, std::string> said;
    (void)verify(folder_.path(), {[&](const Finding& finding) {
                                    if (!finding.file.starts_with("users-")) return;
                                    auto text = finding.summary;
                                    if (finding.first) text = "DIFFERENT " + finding.first->place;
                                    if (finding.unreadable) text = "UNREADABLE " + finding.unreadable->what;
                                    said[finding.file + " " + finding.check] = text;
                                  },
                                  [](const std::string&, std::int64_t, std::int64_t) {}});
    return said;
  }
  static bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }

  sportapp::testing::TempFolder folder_;
  const services::Service& users_ = *services::find("users");
  std::unique_ptr<domain::Domain> domain_ = users_.make_domain();
  std::unique_ptr<domain::Projection> views_ = users_.make_projection();
  SystemClock clock_;
  std::unique_ptr<journal::Journal> journal_;
};

TEST_F(TrimmedTest, WhatIsThereIsCheckedAndTheRestSaidNotToBe) {
  auto said = found();
  EXPECT_TRUE(has(said["users-commands-a/journal.db chain"], "15 entries"))
      << said["users-commands-a/journal.db chain"];
  EXPECT_TRUE(has(said["users-commands-a/journal.db chain"], "not checked: 1 to 25"));
  EXPECT_TRUE(has(said["users-commands-a/journal.db state"], "not checked"));
  EXPECT_TRUE(has(said["users-commands-a/base.db base"], "25 views and links"))
      << said["users-commands-a/base.db base"];
  EXPECT_TRUE(has(said["users-queries-1/read_model.db views"], "40 views and links"))
      << said["users-queries-1/read_model.db views"];
  EXPECT_TRUE(has(said["users-queries-2/read_model.db views"], "not checked"))
      << "it ends before the base model";
  for (const auto& [check, text] : said) {
    EXPECT_FALSE(has(text, "DIFFERENT") || has(text, "UNREADABLE")) << check << ": " << text;
  }
}

TEST_F(TrimmedTest, ABrokenChainIsFound) {
  tamper(journal_file(), "UPDATE entries SET time_ms = time_ms + 1 WHERE seq = 26");
  EXPECT_TRUE(has(found()["users-commands-a/journal.db chain"], "DIFFERENT entry 26"));
}

TEST_F(TrimmedTest, ABaseThatIsNotTheBeginningIsFound) {
  tamper(journal_file(), "UPDATE base SET hash = zeroblob(32)");
  EXPECT_TRUE(has(found()["users-commands-a/journal.db chain"], "DIFFERENT entry 26"));
}

TEST_F(TrimmedTest, ABaseModelOfAnotherJournalIsFound) {
  tamper(base_file(), "UPDATE origin SET hash = zeroblob(32)");
  EXPECT_TRUE(has(found()["users-commands-a/base.db base"], "DIFFERENT hash of the journal at 25"));
}

TEST_F(TrimmedTest, AReadModelThatSaysOtherThanTheBaseModelIsFound) {
  tamper(folder_.path() / "users-queries-1" / "read_model.db", "UPDATE views SET view = '{}' WHERE id = 7");
  EXPECT_TRUE(has(found()["users-queries-1/read_model.db views"], "DIFFERENT"));
}

TEST_F(TrimmedTest, ALostBaseModelIsFound) {
  fs::remove(base_file());
  EXPECT_TRUE(has(found()["users-commands-a/base.db file"], "UNREADABLE"));
}

}  // namespace
}  // namespace sportapp::verify
