#include "domain/services/users/users_views.hpp"

#include <gtest/gtest.h>

#include "tests/support/memory_views.hpp"

namespace sportapp::domain {
namespace {

class UsersViewsTest : public ::testing::Test {
 protected:
  void given(std::string payload) { given({"UserRegistered", 1, std::move(payload)}); }
  void given(domain::Event event) { users->apply(shown, {seq = seq.next(), 0, std::move(event)}); }
  // The id that a query with this parameter finds; 0 for none.
  std::int64_t found(const std::string& field, std::string_view value) {
    for (const auto& filter : users->filters()) {
      if (filter.field != field) continue;
      const auto key = filter.normal_form(value);
      if (!key) return 0;
      const auto at = shown.lookups.find({field, *key});
      return at == shown.lookups.end() ? 0 : at->second;
    }
    ADD_FAILURE() << "no filter " << field;
    return 0;
  }

  std::unique_ptr<Projection> users = make_users_views();
  sportapp::testing::MemoryViews shown;
  Seq seq;
};

TEST_F(UsersViewsTest, ARegisteredUserIsShownWithTheFieldsOfTheContractOnly) {
  given(R"({"id":1,"username":"ana"})");
  given(R"({"id":2,"username":"luz","email":"Luz@Example.org","colour":"red"})");
  EXPECT_EQ(shown.views[1], R"({"id":1,"username":"ana"})");
  EXPECT_EQ(shown.views[2], R"({"id":2,"username":"luz","email":"Luz@Example.org"})");
}

TEST_F(UsersViewsTest, AUsernameIsFoundAsWrittenInEitherUnicodeForm) {
  given("{\"id\":1,\"username\":\"Jos\u00e9\"}");
  EXPECT_EQ(found("username", "Jos\u00e9"), 1);
  EXPECT_EQ(found("username", "Jose\u0301"), 1);
  EXPECT_EQ(found("username", "jos\u00e9"), 0);
  EXPECT_EQ(found("username", "\xff"), 0) << "what is not UTF-8 is nobody's name";
}

TEST_F(UsersViewsTest, AnEmailIsFoundWithoutRegardToCase) {
  given(R"({"id":7,"username":"a","email":"Ñandu@Example.org"})");
  EXPECT_EQ(found("email", "ñANDU@EXAMPLE.org"), 7);
  EXPECT_EQ(found("email", "N\u0303andu@example.org"), 7);
  EXPECT_EQ(found("email", "nandu@example.org"), 0);
}

TEST_F(UsersViewsTest, BothVersionsOfARegistrationShowTheSame) {
  given({"UserRegistered", 1, R"({"id":1,"username":"a","email":"STRASSE@example.org"})"});
  const auto older = shown;
  given({"UserRegistered", 2,
         R"({"id":1,"username":"a","email":"STRASSE@example.org","email_key":"strasse@example.org"})"});
  EXPECT_EQ(shown.views, older.views);
  EXPECT_EQ(shown.lookups, older.lookups);
  EXPECT_EQ(found("email", "straße@example.org"), 1);
}

TEST_F(UsersViewsTest, AnEventItDoesNotKnowIsRefusedAndNotSkipped) {
  EXPECT_THROW(given({"UserRenamed", 1, R"({"id":1,"username":"ana"})"}), std::exception);
  EXPECT_THROW(given({"UserRegistered", 3, R"({"id":1,"username":"ana"})"}), std::exception);
  EXPECT_THROW(given(R"({"username":"ana"})"), std::exception);
  EXPECT_TRUE(shown.views.empty());
}

}  // namespace
}  // namespace sportapp::domain
