#include "ops/supervisor/log_keeper.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/files.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::supervisor {

TEST(LogKeeper, AFullLogIsMovedAsideAndItsWriterTold) {
  const sportapp::testing::TempFolder folder;
  const auto file = folder.path() / "gateway.log";
  const auto short_file = folder.path() / "gateway.stderr.log";
  const std::string full(LogKeeper::kBytesMax + 1, 'x');
  int told = 0;
  LogKeeper keeper;
  keeper.keep(file, [&] { ++told; });
  keeper.keep_short(short_file);
  ASSERT_TRUE(write_file(file, "short"));
  ASSERT_TRUE(write_file(short_file, full));
  keeper.check();
  EXPECT_EQ(told, 0);
  EXPECT_EQ(std::filesystem::file_size(short_file), 0U);
  for (int times = 1; times <= LogKeeper::kKeep + 2; ++times) {
    ASSERT_TRUE(write_file(file, full));
    keeper.check();
    EXPECT_EQ(told, times);
    EXPECT_FALSE(std::filesystem::exists(file));
  }
  EXPECT_TRUE(std::filesystem::exists(file.string() + ".5"));
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".6"));
}

}  // namespace sportapp::supervisor
