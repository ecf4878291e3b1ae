#include "lab/request/answer.hpp"

#include <gtest/gtest.h>

namespace sportapp::lab {
namespace {

TEST(AnswerTest, TheIdOfWhatWasMade) {
  EXPECT_EQ(id_in(R"({"id":12,"username":"a"})"), 12);
  for (const auto* body : {"", "[]", "{", R"({"id":"12"})", R"({"name":1})", "7"})
    EXPECT_EQ(id_in(body), 0) << body;
}

TEST(AnswerTest, ATextByItsName) {
  EXPECT_EQ(text_in(R"({"id":12,"username":"a\nb"})", "username"), "a\nb");
  for (const auto* body : {"", "[]", R"({"username":1})", R"({"name":"a"})"})
    EXPECT_EQ(text_in(body, "username"), "") << body;
}

TEST(AnswerTest, ThePositionOfOneService) {
  EXPECT_EQ(position_in("users=1042", "users"), 1042);
  EXPECT_EQ(position_in("users=1042, orders=7", "orders"), 7);
  for (const auto* position : {"", "users", "users=", "users=x", "user=4", "usersx=4", "orders=4"}) {
    EXPECT_EQ(position_in(position, "users"), 0) << position;
  }
}

}  // namespace
}  // namespace sportapp::lab
