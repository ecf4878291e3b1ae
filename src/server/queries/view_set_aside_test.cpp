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

TEST_F(ViewSetAsideTest, what_cannot_be_shown_is_listed_with_its_reason_and_the_rest_is_served) {
  open();
  EXPECT_EQ(listed(), R"({"set_aside":[]})");
  given({"ana", "!", "luz"});
  EXPECT_EQ(get("/api-queries/names/3").body, R"({"name":"luz"})");
  EXPECT_EQ(get("/api-queries/names/2").status, 404);
  EXPECT_EQ(live_.set_aside(), 1);
  EXPECT_EQ(listed(), R"({"set_aside":[{"source":"names","seq":2,"type":"Named","reason":"no name"}]})");
}

TEST_F(ViewSetAsideTest, a_retry_shows_what_can_be_shown_now) {
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

TEST_F(ViewSetAsideTest, what_came_after_an_event_applied_late_counts_in_the_end) {
  open();
  given({"!", "!x"});
  names_.knows_all = true;
  EXPECT_EQ(retry(), R"({"retried":1,"left":0})");
  ASSERT_TRUE(loop_.run_until([this] { return rebuild_->progress().state == Rebuild::State::kDone; }));
  EXPECT_EQ(rebuild_->progress().identical, false) << "the letter was the late one's";
  EXPECT_EQ(get("/api-queries/names?letter=!").body, R"([{"name":"!x"}])");
}

TEST_F(ViewSetAsideTest, one_retry_runs_at_a_time) {
  open();
  given({"!"});
  const auto first = ask("/internal/events/retry", {}, "POST");
  EXPECT_EQ(ask("/internal/events/retry", {}, "POST")->answer->status, 409);
  ASSERT_TRUE(loop_.run_until([&] { return first->answer.has_value(); }));
  EXPECT_EQ(first->answer->status, 200);
}

TEST_F(ViewSetAsideTest, before_the_read_model_is_open_it_says_so) {
  EXPECT_EQ(get("/internal/events/set-aside").status, 503);
  const auto sent = ask("/internal/events/retry", {}, "POST");
  ASSERT_TRUE(loop_.run_until([&] { return sent->answer.has_value(); }));
  EXPECT_EQ(sent->answer->status, 503);
}

TEST_F(ViewSetAsideTest, a_rebuild_and_a_retry_do_not_get_in_each_others_way) {
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

TEST_F(ViewSetAsideTest, the_gateway_does_not_reach_it) {
  EXPECT_EQ(ask("/internal/events/retry", {{"Sportapp-Via", "gateway"}}, "POST")->answer->status, 404);
  EXPECT_EQ(ask("/internal/events/set-aside", {{"Sportapp-Via", "gateway"}})->answer->status, 404);
}

}  // namespace
}  // namespace sportapp::queries
