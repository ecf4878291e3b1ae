#include "net/http/message.hpp"

#include <gtest/gtest.h>

namespace sportapp::http {
namespace {

Request with_query(std::string query) {
  Request request;
  request.query = std::move(query);
  return request;
}

}  // namespace

TEST(Request, HeaderIsFoundIgnoringCaseAndTheFirstCounts) {
  Request request;
  request.headers = {{"X-A", "1"}, {"x-a", "2"}};
  EXPECT_EQ(request.header("x-A"), "1");
  EXPECT_EQ(request.header("x-b"), "");
}

TEST(Request, ParameterIsDecoded) {
  const auto request = with_query("email=ana%2Bb%40x.es&name=a+b%20c&&flag&n%61me2=z");
  EXPECT_EQ(request.parameter("email"), "ana+b@x.es");
  EXPECT_EQ(request.parameter("name"), "a b c");
  EXPECT_EQ(request.parameter("flag"), "");
  EXPECT_EQ(request.parameter("name2"), "z");
  EXPECT_EQ(request.parameter("other"), std::nullopt);
}

TEST(Request, FirstOfSeveralParametersCounts) {
  EXPECT_EQ(with_query("a=1&a=2").parameter("a"), "1");
}

TEST(Request, ValueKeepsItsEqualsSigns) {
  EXPECT_EQ(with_query("a=b=c").parameter("a"), "b=c");
}

TEST(Query, WhatCannotBeDecodedIsMalformed) {
  for (const auto* query : {"a=%", "a=%2", "a=%zz", "%00", "a=%C3", "a=%ED%A0%80", "\xff"}) {
    EXPECT_FALSE(is_well_formed_query(query)) << query;
  }
  EXPECT_TRUE(is_well_formed_query(""));
  EXPECT_TRUE(is_well_formed_query("a=%C3%A9&b=\xC3\xA9"));
}

}  // namespace sportapp::http
