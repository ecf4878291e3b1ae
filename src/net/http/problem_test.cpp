#include "net/http/problem.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace sportapp::http {

TEST(Problem, SaysTheSameToBothKindsOfClients) {
  const auto response = problem(409, "Username taken", "The username \"ana\" is taken.");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(boost::json::parse(response.body), boost::json::parse(R"({
    "type": "urn:sportapp:problem:username-taken", "title": "Username taken", "status": 409,
    "detail": "The username \"ana\" is taken.", "error": "The username \"ana\" is taken."})"));
}

TEST(Problem, NamesEachWrongField) {
  const auto response = problem(400, "Invalid body", "Two fields are wrong.",
                                {{"/username", "must be text"}, {"/email", "no @"}});
  EXPECT_EQ(boost::json::parse(response.body).at("errors"), boost::json::parse(R"([
    {"field": "/username", "detail": "must be text"}, {"field": "/email", "detail": "no @"}])"));
}

TEST(Problem, UnavailableSaysWhenToTryAgain) {
  const auto response = unavailable("The disk is full.", 3);
  EXPECT_EQ(response.status, 503);
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0], (std::pair<std::string, std::string>{"Retry-After", "3"}));
}

}  // namespace sportapp::http
