#include "store/projection/read_model.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/faulty_disk.hpp"

namespace sportapp::projection {
namespace {

using domain::CommittedEvent;

struct FixedClock final : Clock {
  std::int64_t wall_ms() const override { return 1'000; }
  std::int64_t monotonic_ms() const override { return 1'000; }
};

// Payload "NAME" puts view and lookup NAME under the event's seq; "-NAME" takes the lookup away; "!" cannot
// be applied, after having written, until all is known.
struct Names final : domain::Projection {
  std::string_view service() const override { return "names"; }
  std::vector<domain::Filter> filters() const override { return {}; }
  void apply(domain::Views& views, const CommittedEvent& event) const override {
    const auto& name = event.event.payload;
    if (name.starts_with('-')) return views.remove_lookup("name", name.substr(1));
    views.put_view({event.seq.value}, name);
    views.put_lookup("name", name, {event.seq.value});
    if (name == "!" && !knows_all) throw std::runtime_error("no such thing");
    if (views.view({event.seq.value}) != name) throw std::logic_error("a view just written is not read");
  }
  bool knows_all = false;  // as a later program may
};

class ReadModelTest : public ::testing::Test {
 protected:
  ReadModelTest()
      : folder_(::testing::TempDir() + "read_model_test_" + std::to_string(::getpid()) + "_" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
  }
  ~ReadModelTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<ReadModel> open(const std::string& name = "read_model.db") {
    auto opened = ReadModel::open({.file = folder_ / name,
                                   .on_written = [this](const auto& written) { written_ = written; },
                                   .on_damaged = [this](const Error&) { ++damaged_; }},
                                  names_, clock_);
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
  }
  std::unique_ptr<ReadModelReader> reader(const std::string& name = "read_model.db") {
    auto opened = ReadModelReader::open(folder_ / name);
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
  }
  static std::vector<CommittedEvent> events(std::int64_t first, std::vector<std::string> payloads) {
    std::vector<CommittedEvent> made;
    for (auto& payload : payloads) made.push_back({{first++}, 400, {"Named", 1, std::move(payload)}});
    return made;
  }

  std::filesystem::path folder_;
  Names names_;
  FixedClock clock_;
  ReadModel::Written written_;
  int damaged_ = 0;
};

TEST_F(ReadModelTest, WhatIsWrittenIsReadByIdByNameAndInPages) {
  auto model = open();
  ASSERT_TRUE(model->write(events(1, {"ana", "luz", "eva"})));
  auto read = reader();
  EXPECT_EQ(*read->view({2}), "luz");
  EXPECT_EQ(*read->view({4}), std::nullopt);
  EXPECT_EQ((*read->find("name", "eva"))->id, Id{3});
  EXPECT_FALSE((*read->find("name", "Eva")).has_value());
  EXPECT_FALSE((*read->find("other", "eva")).has_value());
  const auto page = read->page({1}, 5);
  ASSERT_EQ(page->size(), 2);
  EXPECT_EQ(page->at(0).view, "luz");
  EXPECT_EQ(read->page({0}, 1)->size(), 1);
  EXPECT_EQ(written_.position, Seq{3});
  EXPECT_EQ(written_.events, 3);
  EXPECT_EQ(written_.lag_ms, 600);
}

TEST_F(ReadModelTest, WhatIsHeldIsOfOneMomentUntilItIsReleased) {
  auto model = open();
  auto read = reader();
  read->hold();
  EXPECT_EQ(*read->view({1}), std::nullopt);
  ASSERT_TRUE(model->write(events(1, {"ana"})));
  EXPECT_EQ(*read->view({1}), std::nullopt);
  read->release();
  EXPECT_EQ(*read->view({1}), "ana");
  read->hold();
  EXPECT_EQ(*read->view({1}), "ana");
}

TEST_F(ReadModelTest, AReaderThatWasOpenBeforeSeesWhatIsWrittenAfter) {
  auto model = open();
  auto read = reader();
  EXPECT_EQ(*read->view({1}), std::nullopt);
  ASSERT_TRUE(model->write(events(1, {"ana"})));
  EXPECT_EQ(*read->view({1}), "ana");
}

TEST_F(ReadModelTest, PositionIsKeptWithTheViews) {
  ASSERT_TRUE(open()->write(events(1, {"ana", "luz"})));
  auto model = open();
  EXPECT_EQ(model->position(), Seq{2});
  ASSERT_TRUE(model->write(events(3, {"eva"})));
  EXPECT_EQ(reader()->summary()->position, Seq{3});
  EXPECT_EQ(reader()->summary()->views, 3);
}

TEST_F(ReadModelTest, AnEventThatCannotBeAppliedIsSetAsideAndStopsNothingElse) {
  auto model = open();
  ASSERT_TRUE(model->write(events(1, {"ana", "!", "luz"})));
  EXPECT_EQ(model->position(), Seq{3});
  EXPECT_EQ(written_.set_aside, 1);
  auto read = reader();
  EXPECT_EQ(*read->view({1}), "ana");
  EXPECT_EQ(*read->view({2}), std::nullopt) << "what it had written is undone";
  EXPECT_FALSE((*read->find("name", "!")).has_value());
  EXPECT_EQ(*read->view({3}), "luz");
  const auto aside = read->set_aside({}, 10);
  ASSERT_EQ(aside->size(), 1);
  EXPECT_EQ(aside->at(0).event.seq, Seq{2});
  EXPECT_EQ(aside->at(0).event.time_ms, 400);
  EXPECT_EQ(aside->at(0).event.event.type, "Named");
  EXPECT_EQ(aside->at(0).event.event.payload, "!");
  EXPECT_EQ(aside->at(0).reason, "no such thing");
  EXPECT_TRUE(read->set_aside({2}, 10)->empty());
  model = open();
  EXPECT_EQ(model->set_aside(), 1) << "reopened";
  ASSERT_TRUE(model->write(events(4, {"!", "!"})));
  EXPECT_EQ(model->set_aside(), 3);
}

TEST_F(ReadModelTest, WhatIsSetAsideIsAppliedOnceItCanBe) {
  auto model = open(), whole = open("whole.db");
  ASSERT_TRUE(model->write(events(1, {"ana", "!", "luz", "!", "-luz"})));
  auto retried = model->retry_set_aside({});
  EXPECT_EQ(retried->applied, 0);
  EXPECT_EQ(retried->left, 2);
  names_.knows_all = true;
  ASSERT_TRUE(whole->write(events(1, {"ana", "!", "luz", "!", "-luz"})));
  EXPECT_NE(*model->digest(), *whole->digest());
  retried = model->retry_set_aside({});
  EXPECT_EQ(retried->applied, 2);
  EXPECT_EQ(retried->left, 0);
  EXPECT_EQ(model->set_aside(), 0);
  EXPECT_TRUE(reader()->set_aside({}, 10)->empty());
  EXPECT_EQ(model->position(), Seq{5});
  EXPECT_EQ(*model->digest(), *whole->digest());
  EXPECT_EQ(model->retry_set_aside({})->applied, 0) << "once";
}

TEST_F(ReadModelTest, EventsOfWhichNoneCanBeAppliedAreAllKept) {
  auto model = open();
  ASSERT_TRUE(model->write(events(1, std::vector<std::string>(1200, "!"))));
  EXPECT_EQ(model->position(), Seq{1200});
  EXPECT_EQ(model->set_aside(), 1200);
  EXPECT_EQ(reader()->set_aside({1000}, 500)->size(), 200);
  names_.knows_all = true;
  const auto retried = model->retry_set_aside({});
  EXPECT_EQ(retried->applied, 1200);
  EXPECT_EQ(retried->left, 0);
  EXPECT_EQ(reader()->summary()->views, 1200);
}

TEST_F(ReadModelTest, EventsThatCountedAlreadyAreSkipped) {
  auto model = open();
  ASSERT_TRUE(model->write(events(1, {"ana", "luz"})));
  ASSERT_TRUE(model->write(events(1, {"other", "other"})));
  EXPECT_EQ(*reader()->view({1}), "ana");
  ASSERT_TRUE(model->write(events(2, {"other", "eva"})));
  EXPECT_EQ(*reader()->view({2}), "luz");
  EXPECT_EQ(*reader()->view({3}), "eva");
  EXPECT_EQ(model->position(), Seq{3});
  ASSERT_TRUE(model->write({}));
}

TEST_F(ReadModelTest, AGapBeforeOrInsideABatchIsRefused) {
  auto model = open();
  ASSERT_TRUE(model->write(events(1, {"ana"})));
  EXPECT_FALSE(model->write(events(3, {"eva"})));
  auto torn = events(2, {"luz", "eva"});
  torn[1].seq = {4};
  EXPECT_FALSE(model->write(torn));
  EXPECT_EQ(model->position(), Seq{1});
  EXPECT_EQ(reader()->summary()->views, 1);
}

TEST_F(ReadModelTest, ModelsOfTheSameEventsHaveTheSameDigestHoweverTheyWereBatched) {
  auto one = open("one.db"), other = open("other.db");
  ASSERT_TRUE(one->write(events(1, {"ana", "luz", "eva"})));
  ASSERT_TRUE(other->write(events(1, {"ana"})));
  EXPECT_NE(*one->digest(), *other->digest());
  ASSERT_TRUE(other->write(events(2, {"luz", "eva"})));
  EXPECT_EQ(*one->digest(), *other->digest());
  EXPECT_EQ(reader("one.db")->summary()->digest, *other->digest());
  ASSERT_TRUE(other->write(events(4, {"-eva"})));
  EXPECT_NE(*one->digest(), *other->digest()) << "lookups count too";
}

TEST_F(ReadModelTest, AFileThatIsNoDatabaseIsPutAsideAndTheModelStartsAnew) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ / "read_model.db") << std::string(8192, 'x');
  auto model = open();
  EXPECT_EQ(model->position(), Seq{0});
  EXPECT_EQ(std::filesystem::file_size(folder_ / "read_model.db.damaged"), 8192);
  EXPECT_TRUE(model->write(events(1, {"ana"})));
}

TEST_F(ReadModelTest, AnEmptyFileIsAModelThatStartsAnew) {
  ASSERT_TRUE(open()->write(events(1, {"ana"})));
  std::ofstream(folder_ / "read_model.db", std::ios::trunc);
  auto model = open();
  EXPECT_EQ(model->position(), Seq{0});
  EXPECT_TRUE(model->write(events(1, {"ana"})));
  EXPECT_EQ(*reader()->view({1}), "ana");
}

// Whichever page is garbage: the model is recreated at once, or the owner is told, who recreates it, or
// whoever reads it gets an error, or nothing that is read differs.
TEST_F(ReadModelTest, APageOfGarbageStopsNothing) {
  constexpr std::size_t kPage = 2048;
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) names.push_back("name" + std::to_string(i));
  auto whole = open();
  ASSERT_TRUE(whole->write(events(1, names)));
  const auto digest = *whole->digest();
  ASSERT_TRUE(ReadModel::seal(std::move(whole)));
  const auto pages = std::filesystem::file_size(folder_ / "read_model.db") / kPage;
  ASSERT_GT(pages, 8U);
  int noticed = 0;
  for (std::size_t page = 0; page < pages; ++page) {
    ASSERT_TRUE(remove_model(folder_ / "damaged.db"));
    std::filesystem::copy_file(folder_ / "read_model.db", folder_ / "damaged.db");
    {
      std::fstream file(folder_ / "damaged.db", std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(page * kPage));
      for (std::size_t i = 0; i < kPage; ++i) file.put(static_cast<char>(i * 37 + page * 11 + 5));
    }
    damaged_ = 0;
    auto model = open("damaged.db");
    const bool is_anew = model->position() == Seq{0};
    const auto read = model->digest();
    const bool is_known = is_anew || damaged_ > 0 || (!read && read.error().retry == Retry::kNever);
    if (is_known) ++noticed;
    if (!is_known) {
      ASSERT_TRUE(read) << page << read.error().what;
      EXPECT_EQ(*read, digest) << "page " << page;
    }
    const auto written = model->write(events(model->position().value + 1, {"new" + std::to_string(page)}));
    EXPECT_TRUE(written || written.error().retry == Retry::kNever) << page << written.error().what;
  }
  EXPECT_GT(noticed, 4);
}

TEST_F(ReadModelTest, AFileOfAnotherVersionOrServiceIsPutAside) {
  for (const auto* change : {"PRAGMA user_version=99", "UPDATE meta SET service='others'", "DROP TABLE views",
                             "DROP TABLE set_aside"}) {
    ASSERT_TRUE(open()->write(events(1, {"ana"})));
    SQLite::Database((folder_ / "read_model.db").string(), SQLite::OPEN_READWRITE).exec(change);
    EXPECT_EQ(open()->position(), Seq{0}) << change;
  }
}

TEST_F(ReadModelTest, DamageFoundWhileWritingIsReported) {
  auto model = open();
  ASSERT_TRUE(model->write(events(1, {"ana"})));
  ASSERT_TRUE(ReadModel::seal(std::move(model)));
  // Views far behind the pages that are read when the file is opened.
  SQLite::Database((folder_ / "read_model.db").string(), SQLite::OPEN_READWRITE)
      .exec(
          "WITH RECURSIVE i(n) AS (SELECT -5000 UNION ALL SELECT n + 1 FROM i WHERE n < 0) "
          "INSERT INTO views SELECT n, printf('%100d', n) FROM i");
  const auto size = std::filesystem::file_size(folder_ / "read_model.db");
  {
    std::fstream file(folder_ / "read_model.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(65536);
    file << std::string(size - 65536, 'x');
  }
  model = open();  // the first pages are whole
  EXPECT_FALSE(model->write(events(model->position().value + 1, {"ana"})));
  EXPECT_GE(damaged_, 1);
}

TEST_F(ReadModelTest, AfterAFullOrReadOnlyDiskTheNextWriteWorks) {
  sportapp::testing::FaultyDisk disk;
  auto model = open();
  ASSERT_TRUE(model->write(events(1, {"ana"})));
  disk.set_full(true);
  const auto full = model->write(events(2, {std::string(100'000, 'l')}));
  disk.heal();
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().retry, Retry::kLater) << full.error().what;
  disk.set_read_only(true);
  EXPECT_FALSE(model->write(events(2, {"luz"})));
  disk.heal();
  EXPECT_EQ(model->position(), Seq{1});
  EXPECT_EQ(*reader()->view({2}), std::nullopt);
  ASSERT_TRUE(model->write(events(2, {"luz"})));
  EXPECT_EQ(*reader()->view({2}), "luz");
  EXPECT_EQ(damaged_, 0);
}

// A failed write may or may not have happened; either way views and position agree, and offering the same
// events again brings the model to the one right state.
TEST_F(ReadModelTest, ADiskThatFailsAtAnyChangeLeavesViewsAndPositionInStep) {
  sportapp::testing::FaultyDisk disk;
  const auto all = events(1, {"ana", "luz", "eva", "-luz", "!", "noa", "!", std::string(50'000, 'x')});
  auto whole = open("whole.db");
  ASSERT_TRUE(whole->write(all));
  int failures = 0;
  for (int nth = 1;; ++nth) {
    const auto name = std::to_string(nth) + ".db";
    auto model = open(name);
    disk.fail_from_change(nth);
    bool failed = false;
    for (std::size_t at = 0; at < all.size() && !failed; at += 2) {
      failed = !model->write(std::span(all).subspan(at, 2));
    }
    disk.heal();
    EXPECT_EQ(reader(name)->summary()->position, model->position()) << nth;
    ASSERT_TRUE(model->write(all)) << nth;
    EXPECT_EQ(*model->digest(), *whole->digest()) << nth;
    if (!failed) break;
    ++failures;
  }
  EXPECT_GT(failures, 3) << "the disk failed at every change there is, and then not at all";
}

TEST_F(ReadModelTest, ASealedModelIsOneFileThatCanTakeThePlaceOfAnother) {
  auto old = open();
  ASSERT_TRUE(old->write(events(1, {"ana"})));
  auto fresh = open("rebuild.db");
  ASSERT_TRUE(fresh->write(events(1, {"ana", "luz"})));
  ASSERT_TRUE(ReadModel::seal(std::move(fresh)));
  ASSERT_TRUE(ReadModel::seal(std::move(old)));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "read_model.db-wal"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "rebuild.db-wal"));
  std::filesystem::rename(folder_ / "rebuild.db", folder_ / "read_model.db");
  EXPECT_EQ(open()->position(), Seq{2});
  EXPECT_EQ(*reader()->view({2}), "luz");
}

TEST_F(ReadModelTest, AModelThatAnotherReadsCannotBeSealed) {
  auto model = open();
  ASSERT_TRUE(model->write(events(1, {"ana"})));
  auto other = reader();
  ASSERT_TRUE(other->summary());
  const auto sealed = ReadModel::seal(std::move(model));
  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().retry, Retry::kLater) << sealed.error().what;
  EXPECT_EQ(*other->view({1}), "ana");
  EXPECT_EQ(open()->position(), Seq{1}) << "nothing was lost";
}

TEST_F(ReadModelTest, RemovingTakesTheFilesBesideToo) {
  {
    auto model = open();
    ASSERT_TRUE(model->write(events(1, {"ana"})));
    ASSERT_TRUE(std::filesystem::exists(folder_ / "read_model.db-wal"));
    ASSERT_TRUE(remove_model(folder_ / "read_model.db"));
    EXPECT_TRUE(std::filesystem::is_empty(folder_));
  }
  EXPECT_TRUE(remove_model(folder_ / "read_model.db")) << "gone already is no error";
}

}  // namespace
}  // namespace sportapp::projection
