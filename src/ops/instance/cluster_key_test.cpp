#include "ops/instance/cluster_key.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/files.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::instance {
namespace {

using ::testing::HasSubstr;

class ClusterKey : public ::testing::Test {
 protected:
  sportapp::testing::TempFolder folder_;
  std::filesystem::path file_ = folder_.path() / "cluster.key";
};

}  // namespace

TEST_F(ClusterKey, IsMadeOnceForItsOwnerOnly) {
  ASSERT_TRUE(ensure_cluster_key(file_));
  const auto made = read_file(file_).value();
  EXPECT_EQ(made.size(), 65U);
  struct stat seen {};
  ASSERT_EQ(::stat(file_.c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777, 0600U);
  ASSERT_TRUE(ensure_cluster_key(file_));
  EXPECT_EQ(read_file(file_).value(), made);
}

TEST_F(ClusterKey, TwoInstancesHaveTwo) {
  ASSERT_TRUE(ensure_cluster_key(file_));
  ASSERT_TRUE(ensure_cluster_key(folder_.path() / "other.key"));
  EXPECT_NE(read_file(file_).value(), read_file(folder_.path() / "other.key").value());
}

TEST_F(ClusterKey, ADamagedOneIsRefusedAndKept) {
  for (const auto& damaged : {std::string(), std::string("0123"), std::string(64, 'x')}) {
    ASSERT_TRUE(write_file(file_, damaged));
    EXPECT_THAT(ensure_cluster_key(file_).error().what, HasSubstr("is damaged"));
    EXPECT_EQ(read_file(file_).value(), damaged);
  }
}

TEST_F(ClusterKey, ADamagedOneIsReplacedWhereThatIsAsked) {
  EXPECT_EQ(replace_damaged_key(file_).value(), "") << "there is none";
  ASSERT_TRUE(write_file(file_, "damaged"));
  EXPECT_THAT(replace_damaged_key(file_).value(), HasSubstr("cluster.key.damaged"));
  EXPECT_EQ(read_file(folder_.path() / "cluster.key.damaged"), "damaged");
  ASSERT_TRUE(ensure_cluster_key(file_));
  EXPECT_EQ(replace_damaged_key(file_).value(), "") << "a whole one is kept";
  std::filesystem::remove(file_);
  std::filesystem::create_directory(file_);
  EXPECT_THAT(replace_damaged_key(file_).value(), HasSubstr("cluster.key.damaged.2"));
}

TEST_F(ClusterKey, OneThatOthersMayReadIsRefused) {
  ASSERT_TRUE(ensure_cluster_key(file_));
  ASSERT_EQ(::chmod(file_.c_str(), 0640), 0);
  EXPECT_THAT(ensure_cluster_key(file_).error().what, HasSubstr("chmod 600"));
}

TEST_F(ClusterKey, WithoutItsFolderThereIsAnErrorThatNamesIt) {
  EXPECT_THAT(ensure_cluster_key(folder_.path() / "none" / "cluster.key").error().what,
              HasSubstr("none/cluster.key"));
}

}  // namespace sportapp::instance
