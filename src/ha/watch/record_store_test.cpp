#include "ha/watch/record_store.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "base/hash.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::watch {
namespace {

using ::testing::HasSubstr;

class RecordStoreTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<RecordStore> store() const {
    return std::move(open_record_files(folder_.path() / "monitor").value());
  }
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "monitor" / "users.record"; }
  [[nodiscard]] std::string text() const {
    std::ostringstream text;
    text << std::ifstream(file(), std::ios::binary).rdbuf();
    return text.str();
  }
  void put(const std::string& text) const { std::ofstream(file(), std::ios::binary) << text; }

  sportapp::testing::TempFolder folder_;
};

const failover::Record kSeven{Epoch{7}, "b", {{"b", Epoch{6}}, {"a", Epoch{5}}}};

}  // namespace

TEST_F(RecordStoreTest, ANewOneIsEmpty) {
  EXPECT_TRUE(store()->load().value().empty());
}

TEST_F(RecordStoreTest, WhatIsSavedIsThereForTheNextRun) {
  ASSERT_TRUE(store()->save("users", {Epoch{6}, "a", {{"a", Epoch{}}}}));
  ASSERT_TRUE(store()->save("users", kSeven));
  ASSERT_TRUE(store()->save("orders", {Epoch{1}, "a", {{"a", Epoch{}}}}));
  const auto loaded = store()->load().value();
  ASSERT_EQ(loaded.size(), 2U);
  EXPECT_EQ(loaded.at("users").value(), kSeven);
}

TEST_F(RecordStoreTest, ADamagedRecordIsRefusedWhereverTheDamageIs) {
  ASSERT_TRUE(store()->save("users", kSeven));
  const auto whole = text();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    put(damaged);
    const auto loaded = store()->load().value();
    // The last byte ends the line; without it the checksum is whole still.
    EXPECT_TRUE(!loaded.at("users") || at + 1 == whole.size()) << "byte " << at;
  }
}

TEST_F(RecordStoreTest, ACutRecordIsRefusedWithWhatToDo) {
  ASSERT_TRUE(store()->save("users", kSeven));
  const auto whole = text();
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, whole.size() / 2, whole.size() - 2}) {
    put(whole.substr(0, size));
    EXPECT_THAT(store()->load().value().at("users").error().what,
                HasSubstr("sportapp promote users NODE --force"))
        << size;
  }
}

TEST_F(RecordStoreTest, ADamagedRecordCostsNoOtherAndIsKeptAside) {
  ASSERT_TRUE(store()->save("orders", kSeven));
  ASSERT_TRUE(store()->save("users", kSeven));
  put("not a record");
  const auto loaded = store()->load().value();
  EXPECT_EQ(loaded.at("orders").value(), kSeven);
  ASSERT_FALSE(loaded.at("users"));
  EXPECT_EQ(store()->put_aside("users").value(), file().string() + ".damaged");
  EXPECT_FALSE(store()->load().value().contains("users"));
}

TEST_F(RecordStoreTest, ANewerFloorOfItsEpochCountsAndNoOther) {
  const Position at_40{Seq{40}, Hasher().field("40").finish()};
  const Position at_41{Seq{41}, Hasher().field("41").finish()};
  auto record = kSeven;
  record.floor = at_40;
  record.forced = Epoch{3};
  ASSERT_TRUE(store()->save("users", record));
  EXPECT_EQ(store()->load().value().at("users").value(), record);
  ASSERT_TRUE(store()->note_floor("users", Epoch{6}, at_41));
  EXPECT_EQ(store()->load().value().at("users").value().floor, at_40);
  ASSERT_TRUE(store()->note_floor("users", Epoch{7}, at_41));
  EXPECT_EQ(store()->load().value().at("users").value().floor, at_41);
  std::ofstream(folder_.path() / "monitor" / "users.floor") << "torn";
  EXPECT_EQ(store()->load().value().at("users").value().floor, at_40);
}

TEST_F(RecordStoreTest, ARecordOfAnEarlierVersionHasNoFloor) {
  std::filesystem::create_directories(folder_.path() / "monitor");
  const std::string line =
      R"({"epoch":7,"primary":"b","in_sync":[{"node":"b","promise":6},{"node":"a","promise":5}]})";
  put(line + "\n" + hex(Hasher().field(line).finish()) + "\n");
  EXPECT_EQ(store()->load().value().at("users").value(), kSeven);
}

TEST_F(RecordStoreTest, WhatAnInterruptedSaveLeftBehindCountsForNothing) {
  ASSERT_TRUE(store()->save("users", kSeven));
  std::ofstream(file().string() + ".new") << "half a rec";
  EXPECT_EQ(store()->load().value().at("users").value(), kSeven);
}

TEST_F(RecordStoreTest, WithoutItsFolderNothingIsSavedAndThatIsTold) {
  const auto store = this->store();
  std::filesystem::remove_all(folder_.path() / "monitor");
  EXPECT_THAT(store->save("users", kSeven).error().what, HasSubstr("users.record is not saved"));
  EXPECT_FALSE(store->load());
}

}  // namespace sportapp::watch
