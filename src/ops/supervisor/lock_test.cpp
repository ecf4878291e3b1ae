#include "ops/supervisor/lock.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/temp_folder.hpp"

namespace sportapp::supervisor {

class InstanceLockTest : public ::testing::Test {
 protected:
  [[nodiscard]] bool is_taken(InstanceLock::Kind kind) const {
    return static_cast<bool>(InstanceLock::try_take(folder_.path(), kind).value());
  }
  sportapp::testing::TempFolder folder_;
};

TEST_F(InstanceLockTest, ItIsHeldByOneOnlyAndNamesWhoHoldsIt) {
  EXPECT_EQ(InstanceLock::holder(folder_.path()), std::nullopt);
  {
    const auto first = InstanceLock::try_take(folder_.path());
    ASSERT_TRUE(first && *first);
    EXPECT_FALSE(is_taken(InstanceLock::Kind::kAlone));
    EXPECT_FALSE(is_taken(InstanceLock::Kind::kShared));
    EXPECT_EQ(InstanceLock::holder(folder_.path()), ::getpid());
  }
  EXPECT_TRUE(is_taken(InstanceLock::Kind::kAlone));
}

TEST_F(InstanceLockTest, SharedOnesGoTogether) {
  const auto first = InstanceLock::try_take(folder_.path(), InstanceLock::Kind::kShared);
  ASSERT_TRUE(first && *first);
  EXPECT_TRUE(is_taken(InstanceLock::Kind::kShared));
  EXPECT_FALSE(is_taken(InstanceLock::Kind::kAlone));
}

TEST_F(InstanceLockTest, NothingInTheFolderIsNeededForIt) {
  const auto first = InstanceLock::try_take(folder_.path());
  ASSERT_TRUE(first && *first);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST(InstanceLock, AFolderThatIsNotThereIsTold) {
  const sportapp::testing::TempFolder folder;
  const auto lock = InstanceLock::try_take(folder.path() / "none");
  ASSERT_FALSE(lock);
  EXPECT_NE(lock.error().what.find("none"), std::string::npos);
}

}  // namespace sportapp::supervisor
