#include "ops/instance/metrics_token.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/files.hpp"
#include "base/instance_secret.hpp"
#include "net/http/authorization.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::instance {
namespace {

using ::testing::HasSubstr;

class MetricsTokenTest : public ::testing::Test {
 protected:
  sportapp::testing::TempFolder folder_;
  std::filesystem::path key_file_ = folder_.path() / "cluster.key";
  std::filesystem::path file_ = folder_.path() / "metrics.token";
};

TEST_F(MetricsTokenTest, IsThatOfTheKeyAndForItsOwnerOnly) {
  const auto key = make_key(key_file_);
  ASSERT_TRUE(key) << key.error().what;
  for (int times = 0; times < 2; ++times) {
    ASSERT_TRUE(write_metrics_token(key_file_, file_));
    EXPECT_EQ(read_file(file_), http::metrics_token(*key) + "\n");
    struct stat about {};
    ASSERT_EQ(::stat(file_.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0600U);
    ::chmod(file_.c_str(), 0644);  // as if somebody had opened it: the next start closes it again
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 2);
}

TEST_F(MetricsTokenTest, WithoutAKeyThereIsNone) {
  EXPECT_THAT(read_metrics_token(key_file_).error().what, HasSubstr("cluster.key"));
  EXPECT_FALSE(write_metrics_token(key_file_, file_));
  EXPECT_FALSE(std::filesystem::exists(file_));
  ASSERT_TRUE(make_key(key_file_));
  EXPECT_THAT(write_metrics_token(key_file_, folder_.path() / "none" / "metrics.token").error().what,
              HasSubstr("none/metrics.token"));
}

}  // namespace
}  // namespace sportapp::instance
