#include "base/json_reading.hpp"

#include <gmock/gmock.h>

namespace sportapp {
namespace {

TEST(JsonReadingTest, OnlyAnObjectIsRead) {
  for (const auto* text : {"", "{", "[]", "7", "null", "{} {}"}) EXPECT_FALSE(parse_object(text)) << text;
  EXPECT_TRUE(parse_object("{}"));
}

TEST(JsonReadingTest, WhatIsMissingOrOfAnotherTypeIsNothing) {
  const auto object = parse_object(R"({"text":"a","number":-7,"flag":true,"list":["x",1,"y"],"null":null})");
  ASSERT_TRUE(object);
  EXPECT_EQ(text_in(*object, "text"), "a");
  EXPECT_EQ(number_in(*object, "number"), -7);
  EXPECT_EQ(flag_in(*object, "flag"), true);
  EXPECT_THAT(texts_in(*object, "list"), ::testing::ElementsAre("x", "y"));
  for (const auto* name : {"null", "list", "missing"}) {
    EXPECT_FALSE(text_in(*object, name));
    EXPECT_FALSE(number_in(*object, name));
    EXPECT_FALSE(flag_in(*object, name));
  }
  EXPECT_EQ(list_in(*object, "text"), nullptr);
  EXPECT_TRUE(texts_in(*object, "missing").empty());
}

TEST(JsonReadingTest, WhatMustBeThereThrowsWhereItIsNot) {
  const auto object = *parse_object(R"({"text":"a","number":7})");
  EXPECT_EQ(text_at(object, "text"), "a");
  EXPECT_EQ(number_at(object, "number"), 7);
  EXPECT_THROW(static_cast<void>(text_at(object, "number")), std::exception);
  EXPECT_THROW(static_cast<void>(number_at(object, "text")), std::exception);
  EXPECT_THROW(static_cast<void>(text_at(object, "missing")), std::exception);
}

}  // namespace
}  // namespace sportapp
