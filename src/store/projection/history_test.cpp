// Of which history of its journal a read model is.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "store/projection/read_model.hpp"
#include "store/projection/testing.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::projection {
namespace {

class HistoryTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "read_model.db"; }
  std::unique_ptr<ReadModel> open() {
    auto opened = ReadModel::open({.file = file(), .on_written = {}, .on_damaged = {}}, names_, clock_);
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
  }
  static std::vector<domain::CommittedEvent> events(std::int64_t first,
                                                    const std::vector<std::string>& names) {
    std::vector<domain::CommittedEvent> made;
    for (const auto& name : names) {
      made.push_back({Seq{first + static_cast<std::int64_t>(made.size())}, 1, {"Named", 1, name}});
    }
    return made;
  }

  sportapp::testing::TempFolder folder_;
  SystemClock clock_;
  testing::Names names_;
};

TEST_F(HistoryTest, ItKnowsOfWhichHistoryItIsAndTakesNothingOfAnother) {
  const Hash one{1}, two{2}, other{3};
  auto chained = events(1, {"ana", "luz"});
  chained[0].hash = chained[1].previous = one;
  chained[1].hash = two;
  {
    auto model = open();
    EXPECT_EQ(model->place().hash, Hash{});
    ASSERT_TRUE(model->write(chained));
    EXPECT_EQ(model->place().hash, two);
  }
  auto model = open();
  EXPECT_EQ(model->place().seq, Seq{2});
  EXPECT_EQ(model->place().hash, two);
  auto next = events(3, {"eva"});
  next[0].previous = other;
  const auto refused = model->write(next);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("another history"), std::string::npos) << refused.error().what;
  EXPECT_EQ(model->place().seq, Seq{2});
  next[0].previous = two;
  EXPECT_TRUE(model->write(next));
}

// An earlier version moves the position and leaves the hash of an older one behind.
TEST_F(HistoryTest, AHashOfAnotherPositionIsNone) {
  auto first = events(1, {"ana"});
  first[0].hash = Hash{1};
  ASSERT_TRUE(open()->write(first));
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE).exec("UPDATE meta SET position = 2");
  EXPECT_EQ(open()->place().seq, Seq{2});
  EXPECT_EQ(open()->place().hash, std::nullopt);
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE).exec("DROP TABLE last_entry");
  EXPECT_EQ(open()->place().hash, std::nullopt);
}

}  // namespace
}  // namespace sportapp::projection
