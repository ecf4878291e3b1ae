#include "ops/instance/settings_doubts.hpp"

#include <gmock/gmock.h>

namespace sportapp::instance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

}  // namespace

TEST(SettingsDoubts, ThereAreNoneAboutTheDefaults) {
  EXPECT_THAT(doubts_about({}), IsEmpty());
}

TEST(SettingsDoubts, TheServicesOwnAnswerGoesFirst) {
  Settings settings;
  settings.gateway.commands_timeout_ms = settings.limits.answer_timeout_ms + 1;
  EXPECT_THAT(doubts_about(settings), IsEmpty());
  settings.gateway.commands_timeout_ms = settings.limits.answer_timeout_ms;
  EXPECT_THAT(doubts_about(settings), ElementsAre(HasSubstr("commands_timeout_ms = 30000 is not longer")));
  settings.gateway.first_try_ms = 500;
  EXPECT_THAT(doubts_about(settings), IsEmpty()) << "the second try is better short";
}

TEST(SettingsDoubts, WhoWaitsForAPrimaryWaitsUntilThereCanBeOne) {
  Settings settings;
  settings.failover.suspicion_ms = settings.failover.hold_ms;
  EXPECT_THAT(doubts_about(settings), ElementsAre(HasSubstr("suspicion_ms = 5000 is not shorter")));
  settings.failover.hold_ms = 0;
  EXPECT_THAT(doubts_about(settings), IsEmpty());
  settings.failover.suspicion_ms = 150;
  settings.failover.hold_ms = 30'000;
  EXPECT_THAT(doubts_about(settings), ElementsAre(HasSubstr("hold_ms = 30000 is not shorter")));
}

TEST(SettingsDoubts, ASpareIsNotWaitedForUntilTheAnswerIsLate) {
  Settings settings;
  settings.failover.spare_late_ms = settings.limits.answer_timeout_ms;
  EXPECT_THAT(doubts_about(settings), ElementsAre(HasSubstr("spare_late_ms = 30000 is not shorter")));
  settings.services.spares = 0;
  EXPECT_THAT(doubts_about(settings), IsEmpty());
}

TEST(SettingsDoubts, AKeyIsKnownForAsLongAsTheGatewayRepeats) {
  Settings settings;
  settings.retention.keep_keys_s = settings.gateway.commands_timeout_ms / 1000;
  EXPECT_THAT(doubts_about(settings), IsEmpty()) << "nothing is deleted";
  settings.retention.keep_entries = 1000;
  EXPECT_THAT(doubts_about(settings), ElementsAre(HasSubstr("keep_keys_s = 35 is not longer")));
  ++settings.retention.keep_keys_s;
  EXPECT_THAT(doubts_about(settings), IsEmpty());
  settings.retention = {.keep_entries = 0, .keep_days = 1, .keep_keys_s = 1};
  EXPECT_THAT(doubts_about(settings), ElementsAre(HasSubstr("keep_keys_s = 1 is not longer")));
}

TEST(SettingsDoubts, OtherHostsReachWhatListensAndHaveTheSameKey) {
  Settings settings;
  settings.network.addresses["users-commands-a"] = "10.0.0.1";
  EXPECT_THAT(doubts_about(settings), ElementsAre(HasSubstr("listen"), HasSubstr("key_file")));
  settings.network.listen = "10.0.0.2";
  settings.network.key_file = "/etc/sportapp/cluster.key";
  EXPECT_THAT(doubts_about(settings), IsEmpty());
}

TEST(SettingsDoubts, WhatHasNoEffectIsTold) {
  Settings settings;
  settings.services.batch_max = settings.services.queue_max + 1;
  settings.tactics.restart = false;
  EXPECT_THAT(doubts_about(settings), ElementsAre(HasSubstr("batch_max = 10001")));
  settings.tactics.restart_after_ms = 7;
  settings.gateway.first_try_ms = 35'000;
  EXPECT_THAT(doubts_about(settings),
              ElementsAre(HasSubstr("batch_max = 10001"), HasSubstr("restart_after_ms = 7"),
                          HasSubstr("first_try_ms = 35000")));
}

}  // namespace sportapp::instance
