#include "server/service/log.hpp"

#include <gtest/gtest.h>

namespace sportapp::service {

TEST(LogValue, IsQuotedOnlyWhereItWouldNotReadAsOneWord) {
  EXPECT_EQ(log_value("/api-queries/users/1"), "/api-queries/users/1");
  EXPECT_EQ(log_value(""), "\"\"");
  EXPECT_EQ(log_value("a b"), "\"a b\"");
  EXPECT_EQ(log_value("a\nlevel=error \"x\\\""), "\"a\\x0alevel=error \\\"x\\\\\\\"\"");
}

TEST(StartLog, RefusesAnUnknownLevel) {
  const auto started = start_log("test", {}, "loud");
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().what.find("loud"), std::string::npos);
}

}  // namespace sportapp::service
