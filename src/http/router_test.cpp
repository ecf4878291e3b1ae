#include "http/router.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

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
  Response ask(const std::string& method, const std::string& path, bool via_gateway = false) const {
    const auto answered = std::make_shared<Answered>();
    Request request;
    request.method = method;
    const auto question = std::min(path.find('?'), path.size());
    request.path = path.substr(0, question);
    request.query = path.substr(std::min(question + 1, path.size()));
    if (via_gateway) request.headers.emplace_back("sportapp-via", "");
    router.route(request, Reply(answered));
    return answered->response;
  }
  Router router;
};

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
                           "/internal/../users", "/%75sers", "/users%2f1"}) {
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

TEST(Router, InternalRouteDoesNotExistForTheGateway) {
  const Fixture fixture;
  EXPECT_EQ(fixture.ask("GET", "/internal/status").body, "/internal/status");
  EXPECT_EQ(fixture.ask("GET", "/internal/status", true).status, 404);
  EXPECT_EQ(fixture.ask("DELETE", "/internal/status", true).status, 404);
  EXPECT_EQ(fixture.ask("GET", "/users", true).status, 200);
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
