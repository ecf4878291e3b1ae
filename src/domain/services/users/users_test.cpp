#include "domain/services/users/users.hpp"

#include <gtest/gtest.h>

#include "domain/memory_service.hpp"
#include "domain/text.hpp"

namespace sportapp::domain {
namespace {

class UsersTest : public ::testing::Test {
 protected:
  int send(std::string_view body) { return users.post(body); }

  MemoryService users{make_users()};
};

TEST_F(UsersTest, RegistersInOrder) {
  EXPECT_EQ(send(R"({"username":"ana"})"), 200);
  EXPECT_EQ(users.answer.body, R"({"id":1,"username":"ana"})");
  EXPECT_EQ(users.answer.location, "/api-queries/users/1");
  EXPECT_EQ(send(R"({"email":"Luz@Example.org","username":"luz","age":3})"), 200);
  EXPECT_EQ(users.answer.body, R"({"id":2,"username":"luz","email":"Luz@Example.org"})");
}

TEST_F(UsersTest, RefusesATakenUsername) {
  send(R"({"username":"ana"})");
  EXPECT_EQ(send(R"({"username":"ana"})"), 409);
  EXPECT_EQ(users.refusal.errors[0].field, "/username");
  EXPECT_EQ(send(R"({"username":"Ana"})"), 200) << "usernames are compared as written";
}

TEST_F(UsersTest, ComposedAndDecomposedAreOneName) {
  EXPECT_EQ(send("{\"username\":\"Jos\u00e9\"}"), 200);
  EXPECT_EQ(send("{\"username\":\"Jose\u0301\"}"), 409);
}

TEST_F(UsersTest, EmailIsUniqueIgnoringCase) {
  EXPECT_EQ(send(R"({"username":"a","email":"Ñandu@Example.org"})"), 200);
  EXPECT_EQ(send(R"({"username":"b","email":"ñANDU@example.ORG"})"), 409);
  EXPECT_EQ(users.refusal.errors[0].field, "/email");
}

TEST_F(UsersTest, CountsCharactersNotBytes) {
  std::string fifty, fifty_one;
  for (int i = 0; i < 50; ++i) fifty += "ñ";
  fifty_one = fifty + "ñ";
  EXPECT_EQ(send("{\"username\":\"" + fifty + "\"}"), 200);
  EXPECT_EQ(send("{\"username\":\"" + fifty_one + "\"}"), 400);
}

TEST_F(UsersTest, AnEmailIsRecordedWithTheKeyByWhichItIsOneWithOthers) {
  send(R"({"username":"luz","email":"STRASSE@Example.org"})");
  const auto answered = users.answer.body;
  send(R"({"username":"ana","email":null})");
  EXPECT_EQ(users.events[0].event.version, 2);
  EXPECT_EQ(users.events[0].event.payload,
            R"({"id":1,"username":"luz","email":"STRASSE@Example.org","email_key":"strasse@example.org"})");
  EXPECT_EQ(users.events[1].event.payload, R"({"id":2,"username":"ana"})");
  EXPECT_EQ(users.state.row("users", Id{1}), answered) << "the key is not part of the user";
}

TEST_F(UsersTest, AKeyRecordedIsTheKeyWhateverItWouldBeToday) {
  users.domain->apply(
      users.state,
      {Seq{1},
       0,
       {"UserRegistered", 2, R"({"id":1,"username":"a","email":"A@example.org","email_key":"of then"})"}});
  EXPECT_EQ(users.state.id_of("email", "of then"), Id{1});
  EXPECT_EQ(send(R"({"username":"b","email":"a@example.org"})"), 200);
}

TEST_F(UsersTest, TheFirstVersionIsReadAsIfItHadTheKey) {
  MemoryService older(make_users());
  const std::string payload = R"({"id":1,"username":"a","email":"Ñandú@Example.org"})";
  older.domain->apply(older.state, {Seq{1}, 0, {"UserRegistered", 1, payload}});
  send(R"({"username":"a","email":"Ñandú@Example.org"})");
  EXPECT_EQ(older.state.rows, users.state.rows);
  EXPECT_EQ(older.state.uniques, users.state.uniques);
  EXPECT_EQ(*older.state.row("users", Id{1}), payload);
}

TEST_F(UsersTest, AnEventOfANewerProgramIsNotGuessedAt) {
  const auto apply = [&](int version, const char* payload) {
    users.domain->apply(users.state, {Seq{1}, 0, {"UserRegistered", version, payload}});
  };
  EXPECT_THROW(apply(3, R"({"id":1,"username":"a"})"), std::exception);
  EXPECT_THROW(apply(0, R"({"id":1,"username":"a"})"), std::exception);
  EXPECT_THROW(apply(2, R"({"id":1,"username":"a","email":"a@example.org"})"), std::exception);
  EXPECT_TRUE(users.state.rows.empty());
}

class RefusedBody : public UsersTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(RefusedBody, ChangesNothing) {
  EXPECT_EQ(send(GetParam()), 400);
  EXPECT_TRUE(users.state.rows.empty());
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
