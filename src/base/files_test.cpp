#include "base/files.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

namespace sportapp {

TEST(Files, TheLastLinesOfALogAreFound) {
  const auto file =
      std::filesystem::path(::testing::TempDir()) / fmt::format("files_test_{}.log", ::getpid());
  EXPECT_TRUE(last_lines(file, 3).empty());
  ASSERT_TRUE(write_file(file, "one\ntwo\nthree"));
  EXPECT_THAT(last_lines(file, 2), ::testing::ElementsAre("two", "three"));
  EXPECT_EQ(last_lines(file, 9).size(), 3U);
  std::filesystem::remove(file);
}

}  // namespace sportapp
