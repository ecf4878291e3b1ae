#include "base/aside.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.hpp"

namespace sportapp {

TEST(Aside, EachIsKeptUnderANameOfItsOwn) {
  namespace fs = std::filesystem;
  const auto folder = fs::path(::testing::TempDir()) / ("aside_test_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto file = folder / "file";
  for (const auto* name : {"file.damaged", "file.damaged.2", "file.damaged.3"}) {
    ASSERT_TRUE(write_file(file, name));
    EXPECT_EQ(put_aside(file).value(), folder / name);
    EXPECT_FALSE(fs::exists(file));
    EXPECT_EQ(read_file(folder / name), name);
  }
  fs::create_directories(file / "inner");
  EXPECT_EQ(put_aside(file).value(), folder / "file.damaged.4");
  EXPECT_TRUE(fs::is_directory(folder / "file.damaged.4" / "inner"));
  EXPECT_FALSE(put_aside(file)) << "it is not there";
  fs::remove_all(folder);
}

}  // namespace sportapp
