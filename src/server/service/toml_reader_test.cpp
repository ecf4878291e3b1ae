#include "server/service/toml_reader.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "server/service/process.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::service {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  Result<Config> load(const std::string& text) {
    std::ofstream(file_) << text;
    return load_config(file_);
  }
  std::string refusal(const std::string& text) {
    const auto config = load(text);
    return config ? "accepted" : config.error().what.substr(file_.string().size());
  }
  sportapp::testing::TempFolder folder_;
  std::filesystem::path file_ = folder_.path() / "a.toml";
};

TEST_F(ConfigTest, WhatIsAbsentHasItsDefault) {
  const auto config = load("service = \"users\"\nport = 81\n[limits]\nbody_bytes = 10\n");
  ASSERT_TRUE(config) << config.error().what;
  EXPECT_EQ(config->service, "users");
  EXPECT_EQ(config->port, 81);
  EXPECT_EQ(config->limits.body_bytes, 10U);
  EXPECT_EQ(config->limits.connections, http::Limits().connections);
}

TEST_F(ConfigTest, AnErrorNamesFileAndLine) {
  EXPECT_EQ(refusal("service = \"users\"\nport = \"x\"\n"),
            ":2: 'port' must be a whole number from 0 to 65535");
  EXPECT_EQ(refusal("port = 70000\n"), ":1: 'port' must be a whole number from 0 to 65535");
  EXPECT_EQ(refusal("service = 7\n"), ":1: 'service' must be a string in quotes");
  EXPECT_EQ(refusal("\n\nsrevice = \"users\"\n"),
            ":3: 'srevice' is not a setting here; is it a typing mistake?");
  EXPECT_EQ(refusal("[limits]\nbody = 1\n"), ":2: 'body' is not a setting here; is it a typing mistake?");
  EXPECT_EQ(refusal("limits = 3\n"), ":1: 'limits' must be a table: [limits]");
  EXPECT_EQ(refusal("port = \n").substr(0, 3), ":1:");
}

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

TEST_F(ConfigTest, AMissingFileIsNamed) {
  const auto config = load_config(folder_.path() / "none.toml");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().what.find("none.toml"), std::string::npos);
}

}  // namespace
}  // namespace sportapp::service
