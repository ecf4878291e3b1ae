#include "server/service/config.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace sportapp::service {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  Result<ProcessConfig> load(const std::string& text) {
    std::ofstream(file_) << text;
    auto reader = TomlReader::open(file_);
    if (!reader) return reader.error();
    ProcessConfig config;
    read_process_config(*reader, config);
    if (auto read = reader->finish(); !read) return read.error();
    return config;
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

TEST_F(ConfigTest, AMissingFileIsNamed) {
  const auto reader = TomlReader::open(folder_.path() / "none.toml");
  ASSERT_FALSE(reader);
  EXPECT_NE(reader.error().what.find("none.toml"), std::string::npos);
}

}  // namespace
}  // namespace sportapp::service
