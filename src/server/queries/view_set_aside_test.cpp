#include "server/queries/view_set_aside.hpp"

#include "server/queries/query_testing.hpp"

namespace sportapp::queries {
namespace {

class ViewSetAsideTest : public testing::QueriesTest {
 protected:
  std::string retry() {
    const auto sent = ask("/internal/events/retry", {}, "POST");
    EXPECT_TRUE(loop_.run_until([&] { return sent->answer.has_value(); }));
    return sent->answer->body;
  }
  std::string listed() { return get("/internal/events/set-aside").body; }
};

TEST_F(ViewSetAsideTest, WhatCannotBeShownIsListedWithItsReasonAndTheRestIsServed) {
  open();
  EXPECT_EQ(listed(), R"({"set_aside":[]})");
  given({"ana", "!", "luz"});
  EXPECT_EQ(get("/api-queries/names/3").body, R"({"name":"luz"})");
  EXPECT_EQ(get("/api-queries/names/2").status, 404);
  EXPECT_EQ(live_.set_aside(), 1);
  EXPECT_EQ(listed(), R"({"set_aside":[{"source":"names","seq":2,"type":"Named","reason":"no name"}]})");
}

TEST_F(ViewSetAsideTest, ARetryShowsWhatCanBeShownNow) {
  open();
  given({"ana", "!", "luz"});
  EXPECT_EQ(retry(), R"({"retried":0,"left":1})");
  EXPECT_EQ(live_.set_aside(), 1);
  names_.knows_all = true;
  EXPECT_EQ(retry(), R"({"retried":1,"left":0})");
  EXPECT_EQ(live_.set_aside(), 0);
  EXPECT_EQ(get("/api-queries/names/2").body, R"({"name":"!"})");
  EXPECT_EQ(listed(), R"({"set_aside":[]})");
  given({"eva"});
  EXPECT_EQ(get("/api-queries/names/4").status, 200) << "and it goes on following";
}

TEST_F(ViewSetAsideTest, WhatCameAfterAnEventAppliedLateCountsInTheEnd) {
  open();
  given({"!", "!x"});
  names_.knows_all = true;
  EXPECT_EQ(retry(), R"({"retried":1,"left":0})");
  ASSERT_TRUE(loop_.run_until([this] { return rebuild_->progress().state == Rebuild::State::kDone; }));
  EXPECT_EQ(rebuild_->progress().identical, false) << "the letter was the late one's";
  EXPECT_EQ(get("/api-queries/names?letter=!").body, R"([{"name":"!x"}])");
}

TEST_F(ViewSetAsideTest, OneRetryRunsAtATime) {
  open();
  given({"!"});
  const auto first = ask("/internal/events/retry", {}, "POST");
  EXPECT_EQ(ask("/internal/events/retry", {}, "POST")->answer->status, 409);
  ASSERT_TRUE(loop_.run_until([&] { return first->answer.has_value(); }));
  EXPECT_EQ(first->answer->status, 200);
}

TEST_F(ViewSetAsideTest, BeforeTheReadModelIsOpenItSaysSo) {
  EXPECT_EQ(get("/internal/events/set-aside").status, 503);
  const auto sent = ask("/internal/events/retry", {}, "POST");
  ASSERT_TRUE(loop_.run_until([&] { return sent->answer.has_value(); }));
  EXPECT_EQ(sent->answer->status, 503);
}

TEST_F(ViewSetAsideTest, ARebuildAndARetryDoNotGetInEachOthersWay) {
  open();
  given(std::vector<std::string>(1500, "!"));
  names_.knows_all = true;
  ASSERT_TRUE(rebuild_->start());
  const auto sent = ask("/internal/events/retry", {}, "POST");
  ASSERT_TRUE(loop_.run_until(
      [&] { return sent->answer.has_value() && rebuild_->progress().state != Rebuild::State::kRunning; }));
  EXPECT_EQ(rebuild_->progress().state, Rebuild::State::kDone) << rebuild_->progress().error;
  EXPECT_EQ(live_.set_aside(), 0);
  EXPECT_EQ(get("/api-queries/names/1500").status, 200);
}

TEST_F(ViewSetAsideTest, TheGatewayDoesNotReachIt) {
  EXPECT_EQ(ask("/internal/events/retry", {{"Sportapp-Via", "gateway"}}, "POST")->answer->status, 404);
  EXPECT_EQ(ask("/internal/events/set-aside", {{"Sportapp-Via", "gateway"}})->answer->status, 404);
}

}  // namespace
}  // namespace sportapp::queries
