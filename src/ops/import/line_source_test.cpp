#include "ops/import/line_source.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "ops/import/key.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::importing {
namespace {

class LineSourceTest : public ::testing::Test {
 protected:
  std::string file(const std::string& name, std::string_view bytes) {
    const auto path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }

  static std::vector<std::string> bodies(const SourceOptions& options) {
    std::vector<std::string> found;
    auto source = LineSource::open(options);
    EXPECT_TRUE(source) << source.error().what;
    Record record;
    for (;;) {
      const auto state = (*source)->next(record);
      EXPECT_TRUE(state) << state.error().what;
      if (!state || *state == LineSource::State::kEnd) return found;
      if (*state == LineSource::State::kMore) found.push_back(record.body);
    }
  }

  sportapp::testing::TempFolder folder_;
};

TEST_F(LineSourceTest, TheFormatIsToldByNameThenByOptionThenByTheFirstByte) {
  const std::vector<std::string> ana{R"({"username":"ana"})"};
  EXPECT_EQ(bodies({.file = file("a.csv", "username\nana\n")}), ana);
  EXPECT_EQ(bodies({.file = file("a.jsonl", ana[0])}), ana);
  EXPECT_EQ(bodies({.file = file("a.ndjson", ana[0])}), ana);
  EXPECT_EQ(bodies({.file = file("a.txt", "\n " + ana[0])}), (std::vector<std::string>{" " + ana[0]}));
  EXPECT_EQ(bodies({.file = file("b.txt", "username\nana")}), ana);
  EXPECT_EQ(bodies({.file = file("c.jsonl", "ana"), .format = Format::kCsv, .columns = {"username"}}), ana);
}

TEST_F(LineSourceTest, AByteOrderMarkIsNoPartOfTheFirstName) {
  EXPECT_EQ(bodies({.file = file("a.csv", "\xef\xbb\xbfusername\nana\n"), .fields = {{.name = "username"}}}),
            (std::vector<std::string>{R"({"username":"ana"})"}));
  EXPECT_EQ(bodies({.file = file("a.jsonl", "\xef\xbb\xbf{}")}), (std::vector<std::string>{"{}"}));
}

TEST_F(LineSourceTest, AFileWithoutLinesGivesNone) {
  EXPECT_TRUE(bodies({.file = file("a.csv", "")}).empty());
  EXPECT_TRUE(bodies({.file = file("b.csv", "username,email\r\n")}).empty());
  EXPECT_TRUE(bodies({.file = file("c", "\n\n\n")}).empty());
}

TEST_F(LineSourceTest, AFileOfManyChunksComesWhole) {
  std::string text = "username\n";
  for (int i = 0; i < 20'000; ++i) text += "name" + std::to_string(i) + "\n";
  const auto found = bodies({.file = file("a.csv", text)});
  ASSERT_EQ(found.size(), 20'000U);
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), 20'000U);
  EXPECT_EQ(found.back(), R"({"username":"name19999"})");
}

TEST_F(LineSourceTest, WhatCannotBeReadIsNamed) {
  const auto missing = LineSource::open({.file = (folder_.path() / "none.csv").string()});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().what.find("none.csv"), std::string::npos);
  const auto a_folder = LineSource::open({.file = folder_.path().string()});
  ASSERT_FALSE(a_folder);
  EXPECT_NE(a_folder.error().what.find("folder"), std::string::npos);
  auto headless = LineSource::open({.file = file("a.csv", "ana,x\n"), .fields = {{.name = "username"}}});
  ASSERT_TRUE(headless);
  Record record;
  const auto state = (*headless)->next(record);
  ASSERT_FALSE(state);
  EXPECT_NE(state.error().what.find("a.csv: line 1"), std::string::npos) << state.error().what;
}

TEST_F(LineSourceTest, APipeWithNothingInItIsNotWaitedFor) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int before = ::dup(STDIN_FILENO);
  ::dup2(ends[0], STDIN_FILENO);
  auto source = LineSource::open({.file = "-", .columns = {"username"}});
  ::dup2(before, STDIN_FILENO);
  ::close(before);
  ASSERT_TRUE(source);
  Record record;
  EXPECT_EQ((*source)->next(record).value(), LineSource::State::kWaiting);
  ASSERT_EQ(::write(ends[1], "ana\nlu", 6), 6);
  EXPECT_EQ((*source)->next(record).value(), LineSource::State::kMore);
  EXPECT_EQ(record.bytes, "ana");
  EXPECT_EQ((*source)->next(record).value(), LineSource::State::kWaiting);
  ASSERT_EQ(::write(ends[1], "z", 1), 1);
  ::close(ends[1]);
  EXPECT_EQ((*source)->next(record).value(), LineSource::State::kMore);
  EXPECT_EQ(record.bytes, "luz");
  EXPECT_EQ((*source)->next(record).value(), LineSource::State::kEnd);
  ::close(ends[0]);
}

TEST(Key, IsTheSameForTheSameLineOfTheSameFileOnly) {
  const KeyMaker keys("users.csv", "users");
  const Record record{17, "ana", R"({"username":"ana"})", ""};
  const auto key = keys.key(record);
  EXPECT_EQ(key, KeyMaker("users.csv", "users").key(record));
  auto other = record;
  other.line = 18;
  EXPECT_NE(key, keys.key(other));
  other = record;
  other.bytes = "eva";
  EXPECT_NE(key, keys.key(other));
  other = record;
  other.body = "{}";
  EXPECT_NE(key, keys.key(other));
  EXPECT_NE(key, KeyMaker("other.csv", "users").key(record));
  EXPECT_NE(key, KeyMaker("users.csv", "products").key(record));
}

TEST(Key, SortsByLineAndFitsTheHeader) {
  const KeyMaker keys("users.csv", "users");
  const auto second = keys.key({2, "b", "b", ""});
  const auto tenth = keys.key({10, "a", "a", ""});
  EXPECT_LT(second, tenth);
  EXPECT_LE(tenth.size(), 128U);
  for (const char c : tenth) EXPECT_TRUE(c > 0x20 && c < 0x7f);
}

}  // namespace
}  // namespace sportapp::importing
