#include "ops/supervisor/status.hpp"

#include <gmock/gmock.h>

namespace sportapp::supervisor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kTold =
    R"({"services":[{"service":"users","epoch":7,"primary":"b","serving":true,"in_sync":["b","a"],"alarm":"",)"
    R"("switchover":{"to":"a"},"nodes":[{"node":"a","alive":true,"role":"spare","position":12,"epoch":7},)"
    R"({"node":"b","alive":true,"role":"primary","position":13}]},)"
    R"({"service":"orders","epoch":0,"primary":"","serving":false,"in_sync":[],"alarm":"the record is lost",)"
    R"("switchover":null,"nodes":[]}],"suspicions":3,"false_alarms":1})";

Status status_of(const FailoverView& failover) {
  Status status;
  status.failover = failover;
  StatusRow row;
  row.name = "users-commands-a";
  row.state = "stopped";
  row.role = "spare";
  row.stopped_by = "operator";
  row.stopped_ms = 1'700'000'000'000;
  status.rows = {row};
  return status;
}

}  // namespace

TEST(FailoverView, IsReadFromTheMonitorsAnswer) {
  const auto view = read_failover_view(kTold);
  ASSERT_TRUE(view) << view.error().what;
  const auto* users = view->find("users");
  ASSERT_NE(users, nullptr);
  EXPECT_EQ(users->epoch, 7);
  EXPECT_EQ(users->primary, "b");
  EXPECT_THAT(users->in_sync, ElementsAre("b", "a"));
  EXPECT_EQ(users->switchover, "a");
  ASSERT_EQ(users->nodes.size(), 2U);
  EXPECT_EQ(users->nodes[0].role, "spare");
  EXPECT_EQ(users->nodes[1].position, 13);
  EXPECT_TRUE(users->has_in_sync("a"));
  EXPECT_FALSE(users->has_in_sync("c"));
  EXPECT_EQ(view->find("orders")->switchover, "");
  EXPECT_EQ(view->find("products"), nullptr);
  EXPECT_EQ(view->false_alarms, 1);
}

TEST(FailoverView, AnAnswerThatIsNoneIsAnError) {
  for (const auto* text : {"", "[]", "{}", R"({"services":[{}],"suspicions":0,"false_alarms":0})"}) {
    EXPECT_THAT(read_failover_view(text).error().what, HasSubstr("not understood")) << text;
  }
}

TEST(Status, TellsWhoIsPrimaryWhoIsInSyncAndWhoStoppedWhat) {
  const auto table = status_table(status_of(read_failover_view(kTold).value()));
  EXPECT_THAT(table, HasSubstr("users: primary b, epoch 7, in sync: b, a; switching over to a\n"));
  EXPECT_THAT(table, HasSubstr("orders: no primary yet; the record is lost\n"));
  EXPECT_THAT(table, HasSubstr("suspected 3 times, 1 of them wrongly\n"));
  EXPECT_THAT(table, HasSubstr("users-commands-a: stopped by operator since 20"));
  EXPECT_THAT(table, HasSubstr("sportapp start users-commands-a\n"));
}

TEST(Status, WithoutSparesNothingIsToldOfThem) {
  EXPECT_THAT(status_table(status_of({})), Not(HasSubstr("suspected")));
}

TEST(Status, ScriptsFindTheSame) {
  const auto json = status_json(status_of(read_failover_view(kTold).value()));
  EXPECT_THAT(json, HasSubstr(R"("stopped_by":"operator")"));
  EXPECT_THAT(json, HasSubstr(R"("in_sync":["b","a"])"));
  EXPECT_THAT(json, HasSubstr(R"("false_alarms":1)"));
}

}  // namespace sportapp::supervisor
