#include "net/http/content.hpp"

#include <gtest/gtest.h>

namespace sportapp::http {

TEST(JsonContentType, JsonAndItsFamilyAreTaken) {
  for (const auto* type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                           "application/json;charset=\"UTF-8\"", "application/merge-patch+json",
                           " application/json ; q=1; charset = utf-8 ;"}) {
    EXPECT_TRUE(is_json_content_type(type)) << type;
  }
}

TEST(JsonContentType, AnythingElseIsNot) {
  for (const auto* type : {"", "json", "text/json", "application/jsonp", "application/+json", "application/",
                           "application/json; charset=latin1", "application/json, text/plain",
                           "multipart/form-data", "application/x y+json", "application/a/b+json"}) {
    EXPECT_FALSE(is_json_content_type(type)) << type;
  }
}

TEST(EntityTags, AreComparedWeakly) {
  EXPECT_TRUE(etag_matches("\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("W/\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("\"a\"", "W/\"a\""));
  EXPECT_FALSE(etag_matches("\"A\"", "\"a\""));
  EXPECT_FALSE(etag_matches("", "\"a\""));
}

TEST(EntityTags, AnyOfAListMatches) {
  EXPECT_TRUE(etag_matches("\"x\", W/\"y\" ,\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("\"x, y\",,\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches(" * ", "\"a\""));
  EXPECT_FALSE(etag_matches("\"x, \"a\"", "\"b\""));
}

TEST(EntityTags, MalformedListMatchesNothingPastTheMistake) {
  EXPECT_FALSE(etag_matches("a", "\"a\""));
  EXPECT_FALSE(etag_matches("\"x\" \"a\"", "\"a\""));
  EXPECT_FALSE(etag_matches("\"a", "\"a\""));
}

TEST(Prefer, WaitIsFoundAmongOthers) {
  EXPECT_EQ(preferred_wait_s("wait=5"), 5);
  EXPECT_EQ(preferred_wait_s("respond-async, Wait = \"7\""), 7);
  EXPECT_EQ(preferred_wait_s("handling=lenient; wait=0"), 0);
}

TEST(Prefer, WaitThatIsNoNumberIsIgnored) {
  for (const auto* prefer :
       {"", "wait", "wait=", "wait=-1", "wait=1.5", "wait=99999999999999999999", "await=3"}) {
    EXPECT_EQ(preferred_wait_s(prefer), std::nullopt) << prefer;
  }
}

TEST(Decimal, OnlyTheCanonicalFormWithinBounds) {
  EXPECT_EQ(parse_decimal("0", 0, 9), 0);
  EXPECT_EQ(parse_decimal("9223372036854775807", 1, INT64_MAX), INT64_MAX);
  for (const auto* wrong :
       {"", "-1", "+1", "01", "1 ", " 1", "1a", "0x1", "10", "9223372036854775808", "%31"}) {
    EXPECT_EQ(parse_decimal(wrong, 0, 9), std::nullopt) << wrong;
  }
}

TEST(Utf8, WellFormedTextOfEveryLengthIsTaken) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
}

TEST(Utf8, WhatUnicodeForbidsIsNot) {
  for (const auto* bytes : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xC3\x28"}) {
    EXPECT_FALSE(is_utf8(bytes));
  }
}

}  // namespace sportapp::http
