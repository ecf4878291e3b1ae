#include "base/durable.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace sportapp {

class DurableTest : public ::testing::Test {
 protected:
  DurableTest() {
    auto pattern = ::testing::TempDir() + "durable_test_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~DurableTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(DurableTest, ARenamedFileReplacesAnother) {
  const auto from = folder_ / "new", to = folder_ / "file";
  std::ofstream(from) << "new";
  std::ofstream(to) << "old";
  ASSERT_TRUE(sync_to_disk(from));
  ASSERT_TRUE(rename_durably(from, to));
  std::string text;
  std::ifstream(to) >> text;
  EXPECT_EQ(text, "new");
  EXPECT_FALSE(std::filesystem::exists(from));
}

TEST_F(DurableTest, WhatIsNotThereIsNamed) {
  const auto missing = folder_ / "missing";
  const auto synced = sync_to_disk(missing);
  ASSERT_FALSE(synced);
  EXPECT_NE(synced.error().what.find(missing.string()), std::string::npos) << synced.error().what;
  const auto renamed = rename_durably(missing, folder_ / "file");
  ASSERT_FALSE(renamed);
  EXPECT_NE(renamed.error().what.find(missing.string()), std::string::npos) << renamed.error().what;
}

}  // namespace sportapp
