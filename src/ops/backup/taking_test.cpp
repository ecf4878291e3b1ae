#include "ops/backup/taking.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "ha/failover/node.hpp"
#include "ops/backup/checked_file.hpp"
#include "ops/backup/moment.hpp"
#include "ops/backup/testing.hpp"

namespace sportapp::backup {
namespace {

using ::testing::HasSubstr;

class TakingTest : public InstanceFilesTest {
 protected:
  void SetUp() override { make_instance(); }
  void expect_nothing_left() const {
    EXPECT_FALSE(fs::exists(target()));
    EXPECT_FALSE(fs::exists(part()));
  }
};

TEST_F(TakingTest, ABackupHasEveryEntryAndSaysWhatItHas) {
  add("users", "a", 5);
  write_text(data() / "sportapp.toml", "[gateway]\nport = 5001\n");
  const auto manifest = taken();
  ASSERT_TRUE(manifest) << manifest.error().what;
  EXPECT_EQ(entries_in(target() / "users-commands-a/journal.db"), 5);
  EXPECT_FALSE(fs::exists(part()));
  const auto read = read_manifest(target());
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->services.size(), services::all().size());
  for (const auto& part : read->services) {
    EXPECT_EQ(part.head.seq.value, part.service == "users" ? 5 : 0);
    EXPECT_EQ(part.node, "a");
    EXPECT_EQ(part.epoch, Epoch{7});
  }
  EXPECT_EQ(read->files.size(), 3 * services::all().size() + 1) << "journal, promise, record; settings";
  for (const auto& file : read->files) {
    EXPECT_EQ(*sum_of(target() / file.file, {}), (Sum{file.bytes, file.hash})) << file.file;
  }
  EXPECT_LE(read->started, read->finished);
}

TEST_F(TakingTest, ReadingABackupLeavesNoFileBesideIt) {
  ASSERT_TRUE(taken());
  EXPECT_EQ(entries_in(target() / "users-commands-a/journal.db"), 0);
  for (const auto& entry : fs::directory_iterator(target() / "users-commands-a")) {
    const auto name = entry.path().filename().string();
    EXPECT_TRUE(name == "journal.db" || name == "promise") << name;
  }
}

TEST_F(TakingTest, ItsNodeBecomesPrimaryByTheRulesInALaterEpoch) {
  ASSERT_TRUE(taken());
  const auto records = (*watch::open_record_files(target() / "monitor"))->load();
  ASSERT_TRUE(records);
  for (const auto& [service, read] : *records) {
    ASSERT_TRUE(read) << read.error().what;
    const auto& record = *read;
    EXPECT_EQ(record.epoch, Epoch{8});
    const auto promise = journal::Promise::read_only(target() / (service + "-commands-a"));
    ASSERT_TRUE(promise) << promise.error().what;
    failover::Node restored("a", *promise);
    restored.told({1, 1, record, false, {}});
    restored.promise_saved(record.epoch);
    EXPECT_TRUE(restored.leads());
  }
}

TEST_F(TakingTest, WhatIsWrittenMeanwhileIsNotInIt) {
  add("users", "a", 3);
  const auto running = open("users", "a");
  const auto manifest = taken([&](std::string_view under_way, std::uint64_t, std::uint64_t) {
    if (under_way == "copying users") write(*running, "users");
    return true;
  });
  ASSERT_TRUE(manifest) << manifest.error().what;
  const auto of_users = std::find_if(manifest->services.begin(), manifest->services.end(),
                                     [](const auto& part) { return part.service == "users"; });
  EXPECT_EQ(of_users->head.seq, Seq{3});
  EXPECT_EQ(entries_in(target() / "users-commands-a/journal.db"), 3);
}

TEST_F(TakingTest, ANodeThatLostItsDiskIsNotTakenThoughItIsPrimary) {
  add("users", "b", 4);
  save("users", {Epoch{9}, "a", {{"a", Epoch{8}}, {"b", Epoch{8}}}});
  fs::remove_all(node("users", "a"));
  add("users", "a", 1);
  promise("users", "a", Epoch{0});
  const auto manifest = taken();
  ASSERT_TRUE(manifest) << manifest.error().what;
  EXPECT_EQ(entries_in(target() / "users-commands-a/journal.db"), 4);
}

TEST_F(TakingTest, WhereNobodyInSyncCanBeReadItSaysOfEachWhy) {
  fs::remove(node("users", "a") / "journal.db");
  EXPECT_THAT(refusal(taken()), HasSubstr("users-commands-a/journal.db"));
  expect_nothing_left();
}

TEST_F(TakingTest, WithoutARecordItSaysWhichIsMissing) {
  fs::remove(data() / "monitor/users.record");
  EXPECT_THAT(refusal(taken()), HasSubstr("monitor/users.record"));
  expect_nothing_left();
}

TEST_F(TakingTest, AFolderThatIsNoInstanceIsRefused) {
  fs::remove_all(data());
  EXPECT_THAT(refusal(taken()), HasSubstr("--data"));
  expect_nothing_left();
}

TEST_F(TakingTest, AServiceThatThisProgramDoesNotKnowIsNotPassedOver) {
  save("payments", {Epoch{1}, "a", {{"a", Epoch{0}}}});
  EXPECT_THAT(refusal(taken()), HasSubstr("payments"));
}

TEST_F(TakingTest, AJournalThatTookInWhatIsNotThereIsNotBackedUp) {
  add("products", "a", 1, journal::Cause{"orders", Seq{0}, Seq{7}});
  EXPECT_THAT(refusal(taken()), HasSubstr("products has taken in events of orders up to 7"));
  expect_nothing_left();
}

TEST_F(TakingTest, WhenItIsInterruptedNothingIsLeft) {
  for (const auto* at : {"copying orders", "copying users", "making checksums", "waiting for the disk"}) {
    const auto given_up =
        taken([&](std::string_view under_way, std::uint64_t, std::uint64_t) { return under_way != at; });
    EXPECT_FALSE(given_up) << at;
    expect_nothing_left();
  }
}

TEST(Misfit, NamesWhoIsAhead) {
  EXPECT_EQ(misfit({{"users", Seq{5}}, {"orders", Seq{0}}}, {{"orders", {{"users", Seq{5}}}}}), "");
  EXPECT_THAT(misfit({{"users", Seq{4}}, {"orders", Seq{0}}}, {{"orders", {{"users", Seq{5}}}}}),
              HasSubstr("users up to 5"));
  EXPECT_THAT(misfit({{"orders", Seq{0}}}, {{"orders", {{"users", Seq{5}}}}}), HasSubstr("ends at 0"));
}

}  // namespace
}  // namespace sportapp::backup
