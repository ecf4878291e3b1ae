#include "supervisor/lock.hpp"

#include <gtest/gtest.h>

#include "testing/temp_folder.hpp"

namespace sportapp::supervisor {

TEST(InstanceLock, TheLockIsHeldByOneOnly) {
  const sportapp::testing::TempFolder folder;
  const auto file = folder.path() / "supervisor.lock";
  {
    const auto first = InstanceLock::try_take(file);
    ASSERT_TRUE(first && *first);
    const auto second = InstanceLock::try_take(file);
    ASSERT_TRUE(second);
    EXPECT_FALSE(*second);
  }
  EXPECT_TRUE(InstanceLock::try_take(file).value());
}

}  // namespace sportapp::supervisor
