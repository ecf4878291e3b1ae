#include "net/http/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "net/http/key_testing.hpp"

namespace sportapp::http {
namespace {

struct Answered : Reply::Target {
  void send(Response given) override { response = std::move(given); }
  Response response;
};

struct Fixture {
  Fixture() {
    add("GET", "/users", Audience::kPublic);
    add("POST", "/users", Audience::kPublic);
    add("GET", "/users/{id}", Audience::kPublic);
    add("GET", "/users/export", Audience::kPublic);
    add("GET", "/health/live", Audience::kProbe);
    add("GET", "/internal/status", Audience::kInternal);
  }
  void add(const std::string& method, const std::string& pattern, Audience audience) {
    router.add(method, pattern, audience, [pattern](const Request& request, const Reply& reply) {
      Response response;
      response.body = pattern;
      for (const auto& capture : request.captures) response.body += " " + capture;
      reply(std::move(response));
    });
  }
  enum class With { kNothing, kKey, kKeyThroughGateway };
  Response ask(const std::string& method, const std::string& path, With with = With::kNothing) const {
    const auto answered = std::make_shared<Answered>();
    Request request;
    request.method = method;
    const auto question = std::min(path.find('?'), path.size());
    request.path = path.substr(0, question);
    request.query = path.substr(std::min(question + 1, path.size()));
    if (with != With::kNothing) request.headers.push_back(testing::key_header());
    if (with == With::kKeyThroughGateway) request.headers.emplace_back("sportapp-via", "");
    router.route(request, Reply(answered));
    return answered->response;
  }
  Router router{testing::authorization()};
};
using With = Fixture::With;

}  // namespace

TEST(Router, FindsTheRouteOfMethodAndPath) {
  const Fixture fixture;
  EXPECT_EQ(fixture.ask("GET", "/users").body, "/users");
  EXPECT_EQ(fixture.ask("GET", "/users/7").body, "/users/{id} 7");
  EXPECT_EQ(fixture.ask("GET", "/users/%2e%2e").body, "/users/{id} %2e%2e");
}

TEST(Router, LiteralGoesBeforePlaceholderWhateverTheOrder) {
  EXPECT_EQ(Fixture().ask("GET", "/users/export").body, "/users/export");
}

TEST(Router, HeadGoesToGet) {
  EXPECT_EQ(Fixture().ask("HEAD", "/users/7").body, "/users/{id} 7");
}

TEST(Router, UnknownPathsAreNotFound) {
  const Fixture fixture;
  for (const auto* path : {"/", "", "*", "/Users", "/users/", "/users//", "//users", "/users/1/2", "users",
                           "/%75sers", "/users%2f1"}) {
    EXPECT_EQ(fixture.ask("GET", path).status, 404) << path;
  }
}

TEST(Router, WrongMethodSaysWhichAreAllowed) {
  const auto response = Fixture().ask("DELETE", "/users");
  EXPECT_EQ(response.status, 405);
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].first, "Allow");
  EXPECT_EQ(response.headers[0].second, "GET, HEAD, POST");
}

TEST(Router, InternalRouteIsServedWithTheKeyOnly) {
  const Fixture fixture;
  EXPECT_EQ(fixture.ask("GET", "/internal/status", With::kKey).body, "/internal/status");
  EXPECT_EQ(fixture.ask("DELETE", "/internal/status", With::kKey).status, 405);
  EXPECT_EQ(fixture.ask("GET", "/internal/none", With::kKey).status, 404);
  for (const auto* method : {"GET", "HEAD", "POST", "DELETE"}) {
    for (const auto* path : {"/internal/status", "/internal/none", "/internal", "/metrics",
                             "/internal/../users", "/internal/status?a=%zz"}) {
      EXPECT_EQ(fixture.ask(method, path).status, 403) << method << " " << path;
    }
  }
}

TEST(Router, WithoutAuthorizationNobodyHasTheKey) {
  Fixture fixture;
  fixture.router.authorize_by({});
  EXPECT_EQ(fixture.ask("GET", "/internal/status", With::kKey).status, 403);
  EXPECT_EQ(fixture.ask("GET", "/users").status, 200);
}

TEST(Router, OnlyWhatIsPublicExistsForTheGateway) {
  const Fixture fixture;
  EXPECT_EQ(fixture.ask("GET", "/internal/status", With::kKeyThroughGateway).status, 404);
  EXPECT_EQ(fixture.ask("DELETE", "/internal/status", With::kKeyThroughGateway).status, 404);
  EXPECT_EQ(fixture.ask("GET", "/health/live", With::kKeyThroughGateway).status, 404);
  EXPECT_EQ(fixture.ask("GET", "/health/live").status, 200);
  EXPECT_EQ(fixture.ask("GET", "/users", With::kKeyThroughGateway).status, 200);
}

TEST(Router, ListsItsRoutes) {
  std::vector<std::string> listed;
  for (const auto& route : Fixture().router.routes()) listed.push_back(route.method + " " + route.pattern);
  EXPECT_THAT(listed, ::testing::UnorderedElementsAre("GET /users", "POST /users", "GET /users/{id}",
                                                      "GET /users/export", "GET /health/live",
                                                      "GET /internal/status"));
}

TEST(Router, ARouteThatIsInternalByHalfIsADefect) {
  Fixture fixture;
  for (const auto* pattern : {"/internal/orders", "/metrics", "/internal/{what}"}) {
    EXPECT_THROW(fixture.add("GET", pattern, Audience::kPublic), std::logic_error);
    EXPECT_THROW(fixture.add("GET", pattern, Audience::kProbe), std::logic_error);
    EXPECT_NO_THROW(fixture.add("GET", pattern, Audience::kInternal));
  }
  EXPECT_THROW(fixture.add("GET", "/{what}/orders", Audience::kInternal), std::logic_error);
}

TEST(Router, QueryThatCannotBeDecodedIsRefused) {
  const Fixture fixture;
  EXPECT_EQ(fixture.ask("GET", "/users?username=%zz").status, 400);
  EXPECT_EQ(fixture.ask("GET", "/users?username=%00").status, 400);
  EXPECT_EQ(fixture.ask("GET", "/users?username=%C3%B1").status, 200);
}

TEST(Router, SameRouteTwiceIsADefect) {
  Fixture fixture;
  EXPECT_THROW(fixture.add("GET", "/users/{name}", Audience::kPublic), std::logic_error);
  EXPECT_THROW(fixture.add("GET", "users", Audience::kPublic), std::logic_error);
  EXPECT_NO_THROW(fixture.add("PUT", "/users/{name}", Audience::kPublic));
}

}  // namespace sportapp::http
