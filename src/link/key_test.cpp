#include "link/key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>
#include <vector>

#include "testing/temp_folder.hpp"

namespace sportapp::link {
namespace {

class KeyTest : public ::testing::Test {
 protected:
  void write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream(file_) << text;
    ::chmod(file_.c_str(), mode);
  }
  std::string error() const {
    const auto key = load_key(file_);
    return key ? "" : key.error().what;
  }

  const testing::TempFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "config" / "cluster.key";
  void SetUp() override { std::filesystem::create_directories(file_.parent_path()); }
};

TEST_F(KeyTest, IsMadeOnceAndOnlyItsOwnerReadsIt) {
  const auto made = make_key(file_);
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_NE(*made, Key{});
  EXPECT_EQ(*make_key(file_), *made);
  EXPECT_EQ(*load_key(file_), *made);
  struct stat about {};
  ASSERT_EQ(::stat(file_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(file_.parent_path()), {}), 1);
}

TEST_F(KeyTest, TheFirstOfSeveralMakersCounts) {
  std::vector<Key> keys(8);
  std::vector<std::thread> makers;
  for (auto& key : keys) makers.emplace_back([&] { key = make_key(file_).value(); });
  for (auto& maker : makers) maker.join();
  for (const auto& key : keys) EXPECT_EQ(key, keys.front());
}

TEST_F(KeyTest, OneThatOthersMayReadOrThatIsNoneIsRefused) {
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

}  // namespace
}  // namespace sportapp::link
