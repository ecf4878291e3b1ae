#include "domain/fields.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>

namespace sportapp::domain {
namespace {

using Form = FieldRule::Form;

constexpr std::array kRules = {
    FieldRule{.name = "name", .form = Form::kName, .min = 2, .max = 3},
    FieldRule{
        .name = "notes", .form = Form::kText, .max = 4, .required = false, .absent = std::string_view("-")},
    FieldRule{.name = "email", .form = Form::kEmail, .required = false},
    FieldRule{.name = "count", .form = Form::kInteger, .min = -1, .max = 5},
    FieldRule{.name = "of", .form = Form::kId, .required = false},
};

// The normal form, or every complaint.
std::string checked(std::string_view body, Body kind = Body::kWhole) {
  const auto found = check_body(body, kRules, kind);
  if (const auto* object = std::get_if<boost::json::object>(&found)) return boost::json::serialize(*object);
  const auto& refusal = std::get<Refusal>(found);
  EXPECT_EQ(refusal.status, 400);
  if (refusal.errors.empty()) return refusal.detail;
  std::string complaints;
  for (const auto& error : refusal.errors) complaints += error.field + " " + error.detail + "; ";
  EXPECT_EQ("/" + refusal.detail + "; ", complaints.substr(0, complaints.find(';') + 2));
  return complaints;
}

TEST(Fields, ABodyIsKeptInTheOrderOfTheRulesWithoutWhatTheyDoNotName) {
  EXPECT_EQ(checked(R"({"x":[{}],"count":5,"name":"ana","of":7,"email":"A@example.org","notes":""})"),
            R"({"name":"ana","notes":"","email":"A@example.org","count":5,"of":7})");
}

TEST(Fields, WhatNeedNotBeGivenMayBeNull) {
  EXPECT_EQ(checked(R"({"name":"ana","count":-1})"), R"({"name":"ana","notes":"-","count":-1})");
  EXPECT_EQ(checked(R"({"name":"ana","count":0,"notes":null,"email":null,"of":null})"),
            R"({"name":"ana","notes":"-","count":0})");
}

TEST(Fields, AllComplaintsComeAtOnceInTheOrderOfTheRules) {
  EXPECT_EQ(checked(R"({"of":0,"count":6,"email":"no","notes":"12345"})"),
            "/name is required; /notes must have at most 4 characters; /email must be an e-mail address; "
            "/count must be an integer from -1 to 5; /of must be an id, an integer above 0; ");
  EXPECT_EQ(checked(R"({"name":null,"count":null,"notes":3})"),
            "/name must be a string; /notes must be a string; /count must be an integer from -1 to 5; ");
}

TEST(Fields, PartsAreWhatIsGiven) {
  EXPECT_EQ(checked("{}", Body::kParts), "{}");
  EXPECT_EQ(checked(R"({"notes":"a","name":null})", Body::kParts), R"({"notes":"a"})");
  EXPECT_EQ(checked(R"({"name":"a"})", Body::kParts), "/name must have 2 to 3 characters; ");
}

TEST(Fields, TextIsCountedAndKeptInNormalForm) {
  EXPECT_EQ(checked("{\"name\":\"ne\u0301n\",\"count\":1}"),
            "{\"name\":\"n\u00e9n\",\"notes\":\"-\",\"count\":1}");
  EXPECT_EQ(checked(R"({"name":" an","count":1})"), "/name must not begin or end with a space; ");
  EXPECT_EQ(checked(R"({"name":"a\tn","count":1})"),
            "/name must not have control or unassigned characters; ");
  EXPECT_EQ(checked(R"({"name":"an","count":1,"notes":" \r\n\t"})"),
            R"({"name":"an","notes":" \r\n\t","count":1})");
  EXPECT_EQ(checked(R"({"name":"an","count":1,"notes":"\u0000"})"),
            "/notes must not have control or unassigned characters; ");
}

TEST(Fields, ANumberThatIsNoIntegerIsNone) {
  for (const auto* count :
       {"1.0", "1e0", "\"1\"", "true", "[1]", "99999999999999999999", "9223372036854775808"}) {
    EXPECT_EQ(checked(R"({"name":"an","count":)" + std::string(count) + "}"),
              "/count must be an integer from -1 to 5; ")
        << count;
  }
}

TEST(Fields, ABodyThatIsNoObjectHasNoFields) {
  for (const auto* body : {"", "{", "{} x", "{\"name\":\"\xff\"}"}) {
    EXPECT_EQ(checked(body).substr(0, 21), "the body is not JSON:") << body;
  }
  for (const auto* body : {"[]", "null", "7", "\"a\""}) {
    EXPECT_EQ(checked(body), "the body must be a JSON object") << body;
  }
}

TEST(Fields, WhoeverMakesBodiesIsToldWhichAreNumbersAndWhichMustBeThere) {
  const auto fields = fields_of(kRules);
  ASSERT_EQ(fields.size(), kRules.size());
  EXPECT_EQ(fields[0].name, "name");
  EXPECT_EQ(fields[1].kind, Field::Kind::kText);
  EXPECT_FALSE(fields[1].required);
  EXPECT_EQ(fields[3].kind, Field::Kind::kInteger);
  EXPECT_TRUE(fields[3].required);
  EXPECT_EQ(fields[4].kind, Field::Kind::kInteger);
}

}  // namespace
}  // namespace sportapp::domain
