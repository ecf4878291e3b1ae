#include "base/instance_secret.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace sportapp {
namespace {

class InstanceSecretTest : public ::testing::Test {
 protected:
  InstanceSecretTest() {
    auto pattern = ::testing::TempDir() + "instance_secret_test_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    file_ = folder_ / "config" / "cluster.key";
    std::filesystem::create_directories(file_.parent_path());
  }
  ~InstanceSecretTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream(file_) << text;
    ::chmod(file_.c_str(), mode);
  }
  std::string error() const {
    const auto key = load_key(file_);
    return key ? "" : key.error().what;
  }

  std::filesystem::path folder_;
  std::filesystem::path file_;
};

TEST_F(InstanceSecretTest, IsMadeOnceAndOnlyItsOwnerReadsIt) {
  const auto made = make_key(file_);
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_NE(*made, InstanceKey{});
  EXPECT_EQ(*make_key(file_), *made);
  EXPECT_EQ(*load_key(file_), *made);
  struct stat about {};
  ASSERT_EQ(::stat(file_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(file_.parent_path()), {}), 1);
}

TEST_F(InstanceSecretTest, TheFirstOfSeveralMakersCounts) {
  std::vector<InstanceKey> keys(8);
  std::vector<std::thread> makers;
  for (auto& key : keys) makers.emplace_back([&] { key = make_key(file_).value(); });
  for (auto& maker : makers) maker.join();
  for (const auto& key : keys) EXPECT_EQ(key, keys.front());
}

TEST_F(InstanceSecretTest, OneThatOthersMayReadOrThatIsNoneIsRefused) {
  EXPECT_NE(error().find("No such file"), std::string::npos) << error();
  write(std::string(64, 'a') + "\n", 0644);
  EXPECT_NE(error().find("chmod 600"), std::string::npos) << error();
  write(std::string(64, 'a') + "\n");
  EXPECT_EQ(error(), "");
  for (const auto* text : {"", "abc", "\n"}) {
    write(text);
    EXPECT_NE(error().find("hexadecimal"), std::string::npos) << error();
  }
  write(std::string(63, 'a') + "g");
  EXPECT_NE(error(), "");
  write(std::string(66, 'a'));
  EXPECT_NE(error(), "");
}

TEST(DerivedSecret, IsOneForEachKeyAndContextAndTheOneThatOtherProgramsCompute) {
  InstanceKey key;
  for (std::size_t at = 0; at < key.bytes.size(); ++at) key.bytes[at] = static_cast<std::uint8_t>(at);
  const auto secret = derived_secret(key, "sportapp test");
  EXPECT_EQ(hex(secret), "70f84516937abe38da2a3665a8d1bcb9a255bc58c838397d1f6155ad2d29c5bf");
  EXPECT_NE(derived_secret(key, "sportapp tests"), secret);
  key.bytes[31] ^= 1U;
  EXPECT_NE(derived_secret(key, "sportapp test"), secret);
}

TEST(SameSecret, OnlyWhereEveryCharacterIsTheSame) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "ab"));
  EXPECT_FALSE(same_secret("", "abc"));
}

}  // namespace
}  // namespace sportapp
