#include "net/http/authorization.hpp"

#include <gtest/gtest.h>

namespace sportapp::http {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

class AuthorizationTest : public ::testing::Test {
 protected:
  AuthorizationTest() {
    key_.bytes.fill(7);
    other_.bytes.fill(8);
  }
  static int answer(const Authorization& authorization, const std::string& path, Headers headers = {}) {
    Request request;
    request.method = "GET";
    request.path = path;
    request.headers = std::move(headers);
    const auto refusal = authorization.refusal(request);
    return refusal ? refusal->status : 200;
  }
  int asked(const std::string& path, Headers headers = {}) const {
    return answer(Authorization(key_), path, std::move(headers));
  }
  static Headers key(const std::string& value) { return {{"sportapp-key", value}}; }
  static Headers bearer(const std::string& value) { return {{"authorization", value}}; }

  InstanceKey key_;
  InstanceKey other_;
};

TEST_F(AuthorizationTest, WhatIsForEverybodyNeedsNothing) {
  for (const auto* path : {"/", "", "*", "/health", "/health/live", "/api-commands/users", "/internals",
                           "/metricsx", "//internal/feed", "/Internal/feed", "/%69nternal/feed"}) {
    EXPECT_FALSE(needs_credential(path)) << path;
    EXPECT_EQ(asked(path), 200) << path;
    EXPECT_EQ(answer(Authorization(), path), 200) << path;
  }
}

TEST_F(AuthorizationTest, WhatIsInternalNeedsTheKeyWhetherItIsThereOrNot) {
  const auto right = internal_credential(key_);
  for (const auto* path :
       {"/internal", "/internal/", "/internal/promote", "/internal/none/at/all", "/metrics", "/metrics/"}) {
    EXPECT_TRUE(needs_credential(path)) << path;
    EXPECT_EQ(asked(path), 403) << path;
    EXPECT_EQ(asked(path, key("")), 403) << path;
    EXPECT_EQ(asked(path, key(internal_credential(other_))), 403) << path;
    EXPECT_EQ(asked(path, key(right.substr(1))), 403) << path;
    EXPECT_EQ(asked(path, key(right + "0")), 403) << path;
    EXPECT_EQ(asked(path, bearer("Bearer " + right)), 403) << path;
    EXPECT_EQ(asked(path, key(right)), 200) << path;
  }
}

TEST_F(AuthorizationTest, TheTokenOpensMetricsOnly) {
  const auto token = metrics_token(key_);
  EXPECT_EQ(asked("/metrics", bearer("Bearer " + token)), 200);
  EXPECT_EQ(asked("/metrics", bearer("bearer " + token)), 200);
  for (const auto& wrong : {token, "Basic " + token, std::string("Bearer"), "Bearer " + metrics_token(other_),
                            "Bearer  " + token}) {
    EXPECT_EQ(asked("/metrics", bearer(wrong)), 403) << wrong;
  }
  EXPECT_EQ(asked("/metrics", key(token)), 403);
  EXPECT_EQ(asked("/internal/status", bearer("Bearer " + token)), 403);
  EXPECT_EQ(asked("/internal/status", key(token)), 403);
}

TEST_F(AuthorizationTest, WithoutAKeyEverybodyIsRefused) {
  const Authorization none;
  for (const auto* path : {"/internal/status", "/metrics"}) {
    EXPECT_EQ(answer(none, path), 403) << path;
    EXPECT_EQ(answer(none, path, key("")), 403) << path;
    EXPECT_EQ(answer(none, path, bearer("Bearer ")), 403) << path;
    EXPECT_EQ(answer(none, path, key(internal_credential(InstanceKey{}))), 403) << path;
  }
}

TEST_F(AuthorizationTest, NoCredentialIsTheKeyOrAnotherCredential) {
  const auto secret = hex(Hash{key_.bytes});
  EXPECT_NE(internal_credential(key_), secret);
  EXPECT_NE(metrics_token(key_), secret);
  EXPECT_NE(internal_credential(key_), metrics_token(key_));
}

}  // namespace
}  // namespace sportapp::http
