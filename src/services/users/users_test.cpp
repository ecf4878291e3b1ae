#include "services/users/users.hpp"

#include <gtest/gtest.h>

#include "domain/memory_state.hpp"
#include "domain/text.hpp"

namespace sportapp::domain {
namespace {

class UsersTest : public ::testing::Test {
 protected:
  // Status of the answer, having applied what happened.
  int send(std::string_view body) {
    auto parsed = users->parse("POST", std::nullopt, body);
    if (auto* refused = std::get_if<Refusal>(&parsed)) return last = *refused, refused->status;
    auto decision = users->decide(state, std::get<Command>(parsed));
    if (auto* refused = std::get_if<Refusal>(&decision)) return last = *refused, refused->status;
    users->apply(state, {Seq{1}, 0, std::get<Effect>(decision).event});
    answer = std::get<Effect>(decision).answer;
    return answer.status;
  }

  std::unique_ptr<Domain> users = make_users();
  MemoryState state;
  Answer answer;
  Refusal last;
};

TEST_F(UsersTest, RegistersInOrder) {
  EXPECT_EQ(send(R"({"username":"ana"})"), 200);
  EXPECT_EQ(answer.body, R"({"id":1,"username":"ana"})");
  EXPECT_EQ(answer.location, "/api-queries/users/1");
  EXPECT_EQ(send(R"({"email":"Luz@Example.org","username":"luz","age":3})"), 200);
  EXPECT_EQ(answer.body, R"({"id":2,"username":"luz","email":"Luz@Example.org"})");
}

TEST_F(UsersTest, RefusesATakenUsername) {
  send(R"({"username":"ana"})");
  EXPECT_EQ(send(R"({"username":"ana"})"), 409);
  EXPECT_EQ(last.errors[0].field, "/username");
  EXPECT_EQ(send(R"({"username":"Ana"})"), 200) << "usernames are compared as written";
}

TEST_F(UsersTest, ComposedAndDecomposedAreOneName) {
  EXPECT_EQ(send("{\"username\":\"Jos\u00e9\"}"), 200);
  EXPECT_EQ(send("{\"username\":\"Jose\u0301\"}"), 409);
}

TEST_F(UsersTest, EmailIsUniqueIgnoringCase) {
  EXPECT_EQ(send(R"({"username":"a","email":"Ñandu@Example.org"})"), 200);
  EXPECT_EQ(send(R"({"username":"b","email":"ñANDU@example.ORG"})"), 409);
  EXPECT_EQ(last.errors[0].field, "/email");
}

TEST_F(UsersTest, CountsCharactersNotBytes) {
  std::string fifty, fifty_one;
  for (int i = 0; i < 50; ++i) fifty += "ñ";
  fifty_one = fifty + "ñ";
  EXPECT_EQ(send("{\"username\":\"" + fifty + "\"}"), 200);
  EXPECT_EQ(send("{\"username\":\"" + fifty_one + "\"}"), 400);
}

class RefusedBody : public UsersTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(RefusedBody, ChangesNothing) {
  EXPECT_EQ(send(GetParam()), 400);
  EXPECT_TRUE(state.rows.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Users, RefusedBody,
    ::testing::Values("", "{", "[]", "null", "7", R"({"username":7})", R"({"username":null})", R"({})",
                      R"({"username":""})", R"({"username":" ana"})", R"({"username":"a\u0000b"})",
                      R"({"username":"\ud800"})", "{\"username\":\"\xff\"}",
                      "{\"username\":\"\xed\xa0\x80\"}", R"({"username":"a"} x)",
                      R"({"username":"a","email":"no"})", R"({"username":"a","email":"a@b"})",
                      R"({"username":"a","email":"a b@c.de"})", R"({"username":"a","email":4})",
                      R"({"username":"a\nb"})",
                      "{\"username\":" + std::string(10000, '[') + std::string(10000, ']') + "}"));

TEST(Text, EmailGrammar) {
  EXPECT_TRUE(is_email("a.b+c@sub.example.org"));
  EXPECT_FALSE(is_email("a@@example.org"));
  EXPECT_FALSE(is_email(".a@example.org"));
  EXPECT_FALSE(is_email("a@-x.org"));
  EXPECT_FALSE(is_email("a@example..org"));
}

}  // namespace
}  // namespace sportapp::domain
