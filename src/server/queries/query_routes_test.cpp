#include "server/queries/query_routes.hpp"

#include "server/queries/query_testing.hpp"

namespace sportapp::queries {
namespace {

class QueryRoutesTest : public testing::QueriesTest {
 protected:
  QueryRoutesTest() { open(); }
};

TEST_F(QueryRoutesTest, OneIsGivenById) {
  given({"ana", "luz"});
  const auto answer = get("/api-queries/names/2");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body, R"({"name":"luz"})");
}

TEST_F(QueryRoutesTest, WhatIsNoIdOrNobodysIsNotFound) {
  given({"ana"});
  for (const auto* id : {"0", "2", "-1", "+1", "01", "x", "1x", "%31", "9223372036854775808",
                         "99999999999999999999999999", "1.0"}) {
    const auto answer = get("/api-queries/names/" + std::string(id));
    EXPECT_EQ(answer.status, 404) << id;
    EXPECT_EQ(answer.content_type, "application/problem+json") << id;
  }
}

TEST_F(QueryRoutesTest, APositionIsSeenEvenInTheTurnOfTheLoopThatReadBeforeIt) {
  given({"ana"});
  EXPECT_EQ(get("/api-queries/names/2").status, 404);
  journal_.append("luz");
  for (int i = 0; i < 2000 && live_.position() < Seq{2}; ++i) {  // the loop does not run meanwhile
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_EQ(live_.position(), Seq{2});
  EXPECT_EQ(get("/api-queries/names/2", {{"Sportapp-Position", "names=2"}}).status, 200);
}

TEST_F(QueryRoutesTest, AnEtagTheClientHasIsAnsweredWithoutABody) {
  given({"ana", "luz"});
  const auto etag = header(get("/api-queries/names/1"), "ETag");
  ASSERT_GT(etag.size(), 2);
  EXPECT_NE(etag, header(get("/api-queries/names/2"), "ETag"));
  for (const auto& have : {etag, "\"other\", " + etag, std::string("*")}) {
    const auto answer = get("/api-queries/names/1", {{"If-None-Match", have}});
    EXPECT_EQ(answer.status, 304) << have;
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(header(answer, "ETag"), etag);
  }
  EXPECT_EQ(get("/api-queries/names/2", {{"If-None-Match", etag}}).status, 200);
  EXPECT_EQ(get("/api-queries/names/3", {{"If-None-Match", "*"}}).status, 404);
}

TEST_F(QueryRoutesTest, AListIsOneArrayHoweverManyPiecesItTakes) {
  EXPECT_EQ(whole(get("/api-queries/names")), "[]");
  std::vector<std::string> names;
  for (std::size_t size : {1, 499, 500, 501, 1000, 1234}) {
    for (names.clear(); head_.value + static_cast<std::int64_t>(names.size()) < static_cast<int>(size);) {
      names.push_back("n");
    }
    given(names);
    std::string expected = "[";
    for (std::size_t i = 0; i < size; ++i) expected += i == 0 ? R"({"name":"n"})" : R"(,{"name":"n"})";
    EXPECT_EQ(whole(get("/api-queries/names")), expected + "]") << size;
  }
  EXPECT_LT(get("/api-queries/names").body.size(), 500 * 20) << "not all of it at once";
  EXPECT_EQ(whole(get("/api-queries/names?after=1232")), R"([{"name":"n"},{"name":"n"}])");
  EXPECT_EQ(whole(get("/api-queries/names?after=1234")), "[]");
}

TEST_F(QueryRoutesTest, PagesLeadFromOneToTheNext) {
  given({"ana", "luz", "eva", "noa"});
  const auto first = get("/api-queries/names?limit=3");
  EXPECT_EQ(whole(first), R"([{"name":"ana"},{"name":"luz"},{"name":"eva"}])");
  EXPECT_EQ(header(first, "Link"), R"(</api-queries/names?limit=3&after=3>; rel="next")");
  const auto last = get("/api-queries/names?limit=3&after=3");
  EXPECT_EQ(whole(last), R"([{"name":"noa"}])");
  EXPECT_EQ(header(last, "Link"), "");
  EXPECT_EQ(header(get("/api-queries/names?limit=4"), "Link"), "") << "exactly the rest has no next";
}

TEST_F(QueryRoutesTest, ALimitOrPlaceThatIsNoneIsRefusedByName) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"limit=0", "/limit"},   {"limit=1001", "/limit"}, {"limit=", "/limit"},
      {"limit=ten", "/limit"}, {"limit=-1", "/limit"},   {"limit=99999999999999999999", "/limit"},
      {"after=-1", "/after"},  {"after=x", "/after"},    {"limit=5&after=9223372036854775808", "/after"},
      {"limit=1.5", "/limit"}};
  for (const auto& [query, field] : bad) {
    const auto answer = get("/api-queries/names?" + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_NE(answer.body.find('"' + field + '"'), std::string::npos) << answer.body;
  }
}

TEST_F(QueryRoutesTest, AFilterGivesTheOneOrNone) {
  given({"ana", "luz", "eva"});
  EXPECT_EQ(whole(get("/api-queries/names?name=luz")), R"([{"name":"luz"}])");
  EXPECT_EQ(whole(get("/api-queries/names?name=Luz")), "[]");
  EXPECT_EQ(whole(get("/api-queries/names?name=")), "[]");
  EXPECT_EQ(whole(get("/api-queries/names?letter=too-long")), "[]") << "no such value can exist";
  EXPECT_EQ(whole(get("/api-queries/names?name=luz&letter=l")), R"([{"name":"luz"}])");
  EXPECT_EQ(whole(get("/api-queries/names?name=luz&letter=e")), "[]") << "both must match";
  EXPECT_EQ(whole(get("/api-queries/names?name=luz&letter=too-long")), "[]");
}

TEST_F(QueryRoutesTest, AQueryWaitsUntilTheModelHoldsWhatItsClientWrote) {
  given({"ana"});
  const auto sent = ask("/api-queries/names/2", {{"Sportapp-Position", "others=7, names=2"}});
  EXPECT_FALSE(sent->answer);
  journal_.append("luz");
  ASSERT_TRUE(loop_.run_until([&] { return sent->answer.has_value(); }));
  EXPECT_EQ(sent->answer->status, 200);
  EXPECT_EQ(sent->answer->body, R"({"name":"luz"})");
  EXPECT_EQ(loop_.timers(), 0);
}

TEST_F(QueryRoutesTest, APositionThatDoesNotComeInTimeIsUnavailable) {
  given({"ana"});
  const auto sent = ask("/api-queries/names/1", {{"Sportapp-Position", "names=2"}});
  EXPECT_FALSE(sent->answer);
  loop_.let_time_pass();
  ASSERT_TRUE(sent->answer);
  EXPECT_EQ(sent->answer->status, 503);
  EXPECT_NE(header(*sent->answer, "Retry-After"), "");
}

TEST_F(QueryRoutesTest, APreferredWaitIsTakenWithinBoundsAndSaid) {
  given({"ana"});
  const auto applied = [&](const std::string& prefer) {
    return header(get("/api-queries/names/1", {{"Sportapp-Position", "names=1"}, {"Prefer", prefer}}),
                  "Preference-Applied");
  };
  EXPECT_EQ(applied("wait=3"), "wait=3");
  EXPECT_EQ(applied("wait=0"), "wait=0");
  EXPECT_EQ(applied("wait=3600"), "wait=20");
  EXPECT_EQ(applied("respond-async"), "");
  EXPECT_EQ(header(get("/api-queries/names/1", {{"Prefer", "wait=3"}}), "Preference-Applied"), "")
      << "there was nothing to wait for";
}

TEST_F(QueryRoutesTest, PositionsOfOthersAreIgnoredAndNonsenseIsRefused) {
  given({"ana"});
  for (const auto* fine : {"names=1", "names=0", "others=99", "others=99,names=1", " names=1 , others=3 "}) {
    EXPECT_EQ(get("/api-queries/names/1", {{"Sportapp-Position", fine}}).status, 200) << fine;
  }
  for (const auto* bad : {"names", "names=", "=1", "names=x", "names=-1", "names=1,", "names=1;others=2",
                          "names=9223372036854775808", ",", "names=1 2"}) {
    const auto answer = get("/api-queries/names/1", {{"Sportapp-Position", bad}});
    EXPECT_EQ(answer.status, 400) << bad;
  }
}

TEST_F(QueryRoutesTest, MoreThanTheBoundDoNotWait) {
  const Headers ahead = {{"Sportapp-Position", "names=9"}};
  std::vector<std::shared_ptr<Sent>> waiting;
  for (std::size_t i = 0; i < kWaitersMax; ++i) waiting.push_back(ask("/api-queries/names", ahead));
  EXPECT_EQ(get("/api-queries/names", ahead).status, 503);
  for (const auto& sent : waiting) EXPECT_FALSE(sent->answer);
}

class ClosedModelTest : public testing::QueriesTest {};

TEST_F(ClosedModelTest, QueriesAreUnavailableUntilTheModelIsOpen) {
  EXPECT_EQ(get("/api-queries/names").status, 503);
  EXPECT_EQ(get("/api-queries/names/1").status, 503);
  EXPECT_EQ(live_.state(), "opening");
  open();
  given({"ana"});
  EXPECT_EQ(get("/api-queries/names/1").status, 200);
  ASSERT_TRUE(loop_.run_until([&] { return live_.state() == "in-sync"; }));
  EXPECT_EQ(live_.reading(), "feed");
}

}  // namespace
}  // namespace sportapp::queries
