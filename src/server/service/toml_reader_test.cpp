#include "server/service/toml_reader.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace sportapp::service {
namespace {

class TomlReaderTest : public ::testing::Test {
 protected:
  TomlReader open(const std::string& text) {
    std::ofstream(file_) << text;
    return TomlReader::open(file_).value();
  }
  std::string refusal(TomlReader& reader) {
    const auto finished = reader.finish();
    return finished ? "accepted" : finished.error().what.substr(file_.string().size());
  }
  sportapp::testing::TempFolder folder_;
  std::filesystem::path file_ = folder_.path() / "a.toml";
};

enum class Fruit { kApple, kPear };
std::optional<Fruit> fruit(std::string_view text) {
  if (text == "apple") return Fruit::kApple;
  return text == "pear" ? std::optional(Fruit::kPear) : std::nullopt;
}

TEST_F(TomlReaderTest, NumbersListsAndNames) {
  auto reader = open("a = 1.5\nb = 2\nc = [\"x\", \"y\"]\nd = \"pear\"\ne = [1, 2.5]\nf = 3\n");
  double a = 0;
  double b = 0;
  std::vector<std::string> c;
  auto d = Fruit::kApple;
  std::pair<double, double> e;
  std::pair<double, double> f;
  reader.read("a", a, 0, 9);
  reader.read("b", b, 0, 9);
  reader.read("c", c);
  reader.read("d", d, fruit, "apple, pear");
  reader.read("e", e, 0, 9);
  reader.read("f", f, 0, 9);
  reader.read("absent", d, fruit, "apple, pear");
  EXPECT_EQ(refusal(reader), "accepted");
  EXPECT_EQ(a, 1.5);
  EXPECT_EQ(b, 2);
  EXPECT_EQ(c, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(d, Fruit::kPear);
  EXPECT_EQ(e, std::pair(1.0, 2.5));
  EXPECT_EQ(f, std::pair(3.0, 3.0));
}

TEST_F(TomlReaderTest, EachIsRefusedWithItsLineAndWhatWouldBeRight) {
  const auto number = [this](const std::string& value) {
    auto reader = open("\na = " + value + "\n");
    double a = 0;
    reader.read("a", a, 0.5, 9);
    return refusal(reader);
  };
  for (const auto* value : {"\"1\"", "0.4", "nan", "10", "true"}) {
    EXPECT_EQ(number(value), ":2: 'a' must be a number from 0.5 to 9") << value;
  }
  auto list = open("a = [\"x\", 1]\n");
  std::vector<std::string> texts;
  list.read("a", texts);
  EXPECT_EQ(refusal(list), ":1: 'a' must be a list of strings: [\"a\", \"b\"]");
  auto pair = open("a = [2, 1]\n");
  std::pair<double, double> range;
  pair.read("a", range, 0, 9);
  EXPECT_EQ(refusal(pair), ":1: 'a' must be a number from 0 to 9, or two of them, the lesser first: [0, 9]");
  auto name = open("a = \"plum\"\n");
  auto read = Fruit::kApple;
  name.read("a", read, fruit, "apple, pear");
  EXPECT_EQ(refusal(name), ":1: unknown value 'plum'; known: apple, pear");
}

TEST_F(TomlReaderTest, WhatIsMissingIsToldAtItsTable) {
  auto reader = open("\n[[a]]\nb = 1\n\n[[a]]\n");
  for (auto& table : reader.tables("a")) {
    int b = 0;
    table.read("b", b);
    table.require("b");
  }
  EXPECT_EQ(refusal(reader), ":5: 'b' is missing");
  auto bare = open("");
  bare.table("a").require("b");
  EXPECT_EQ(refusal(bare), ":1: 'b' is missing");
}

}  // namespace
}  // namespace sportapp::service
