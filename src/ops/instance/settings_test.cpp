#include "ops/instance/settings.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "base/files.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::instance {
namespace {

using ::testing::HasSubstr;

Result<Settings> settings_from(const std::string& text) {
  const sportapp::testing::TempFolder folder;
  const auto file = folder.path() / "sportapp.toml";
  EXPECT_TRUE(write_file(file, text));
  return load_settings(file);
}

}  // namespace

TEST(Settings, WhatIsNotSetHasItsDefault) {
  const auto settings = settings_from("[gateway]\nport = 8080\n").value();
  EXPECT_EQ(settings.gateway.port, 8080);
  EXPECT_EQ(settings.gateway.host, "127.0.0.1");
  EXPECT_EQ(settings.limits.body_bytes, 64U * 1024);
}

TEST(Settings, AnAddressIsANumber) {
  const auto settings =
      settings_from("[network.addresses]\nredis = \"10.0.0.1\"\nmonitor = \"fd00::1\"\n").value();
  EXPECT_EQ(settings.network.addresses.at("monitor"), "fd00::1");
  const auto named = settings_from("[network.addresses]\nredis = \"10.0.0.1\"\nmonitor = \"host\"\n");
  ASSERT_FALSE(named);
  EXPECT_THAT(named.error().what,
              HasSubstr("sportapp.toml:3: 'monitor' is 'host', which is not an IP address"));
}

TEST(Settings, TheDocumentedExampleIsTheDefaults) {
  const auto example = load_settings(SPORTAPP_EXAMPLE_SETTINGS);
  ASSERT_TRUE(example) << example.error().what;
  const Settings defaults;
  EXPECT_EQ(example->gateway.port, defaults.gateway.port);
  EXPECT_EQ(example->gateway.workers, defaults.gateway.workers);
  EXPECT_EQ(example->gateway.connections, defaults.gateway.connections);
  EXPECT_EQ(example->gateway.rate_limit_per_s, defaults.gateway.rate_limit_per_s);
  EXPECT_EQ(example->gateway.queries_timeout_ms, defaults.gateway.queries_timeout_ms);
  EXPECT_EQ(example->gateway.commands_timeout_ms, defaults.gateway.commands_timeout_ms);
  EXPECT_EQ(example->gateway.first_try_ms, defaults.gateway.first_try_ms);
  EXPECT_EQ(example->failover.spare_late_ms, defaults.failover.spare_late_ms);
  EXPECT_EQ(example->network.listen, defaults.network.listen);
  EXPECT_EQ(example->network.first_port, defaults.network.first_port);
  EXPECT_EQ(example->network.key_file, defaults.network.key_file);
  EXPECT_EQ(example->network.addresses, defaults.network.addresses);
  EXPECT_EQ(example->services.log_level, defaults.services.log_level);
  EXPECT_EQ(example->services.drain_ms, defaults.services.drain_ms);
  EXPECT_EQ(example->services.queue_max, defaults.services.queue_max);
  EXPECT_EQ(example->services.batch_max, defaults.services.batch_max);
  EXPECT_EQ(example->services.cache_mb, defaults.services.cache_mb);
  EXPECT_EQ(example->services.spares, defaults.services.spares);
  EXPECT_EQ(example->failover.suspicion_ms, defaults.failover.suspicion_ms);
  EXPECT_EQ(example->failover.fail_back, defaults.failover.fail_back);
  EXPECT_EQ(example->failover.fail_back_after_ms, defaults.failover.fail_back_after_ms);
  EXPECT_EQ(example->failover.hold_ms, defaults.failover.hold_ms);
  EXPECT_EQ(example->tactics.restart, defaults.tactics.restart);
  EXPECT_EQ(example->tactics.restart_after_ms, defaults.tactics.restart_after_ms);
  EXPECT_EQ(example->tactics.detect_hangs, defaults.tactics.detect_hangs);
  EXPECT_EQ(example->tactics.retry, defaults.tactics.retry);
  EXPECT_EQ(example->redis.memory_mb, defaults.redis.memory_mb);
  EXPECT_EQ(example->redis.stream_length_max, defaults.redis.stream_length_max);
  EXPECT_EQ(example->limits.connections, defaults.limits.connections);
  EXPECT_EQ(example->limits.body_bytes, defaults.limits.body_bytes);
  EXPECT_EQ(example->limits.header_bytes, defaults.limits.header_bytes);
  EXPECT_EQ(example->limits.idle_timeout_ms, defaults.limits.idle_timeout_ms);
  EXPECT_EQ(example->limits.request_timeout_ms, defaults.limits.request_timeout_ms);
  EXPECT_EQ(example->limits.answer_timeout_ms, defaults.limits.answer_timeout_ms);
}

TEST(Settings, WhatIsWrittenIsReadBack) {
  Settings settings;
  settings.gateway.host = "::1";
  settings.gateway.workers = 3;
  settings.services.log_level = "debug";
  settings.failover.fail_back = false;
  settings.failover.suspicion_ms = 777;
  settings.tactics.restart_after_ms = 9;
  settings.redis.stream_length_max = 12'345;
  settings.limits.answer_timeout_ms = 4321;
  const auto text = settings_text(settings);
  const auto read = settings_from(text);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(settings_text(*read), text);
  EXPECT_EQ(read->gateway.host, "::1");
  EXPECT_EQ(read->limits.answer_timeout_ms, 4321);
}

TEST(Settings, EveryKeyOfTheDocumentedExampleIsWritten) {
  const auto example = load_settings(SPORTAPP_EXAMPLE_SETTINGS);
  ASSERT_TRUE(example) << example.error().what;
  const auto text = read_file(SPORTAPP_EXAMPLE_SETTINGS).value();
  const auto written = settings_text(*example);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find(" = ");
    if (equals == std::string::npos || line.front() == '#') continue;
    EXPECT_THAT(written, HasSubstr("\n" + line.substr(0, equals + 3)));
  }
}

TEST(Settings, AMistakeIsToldWithFileAndLine) {
  EXPECT_THAT(settings_from("[gateway]\nprot = 1\n").error().what, HasSubstr("sportapp.toml:2: 'prot'"));
  EXPECT_THAT(settings_from("\n[gatway]\n").error().what, HasSubstr("sportapp.toml:2: 'gatway'"));
  EXPECT_THAT(settings_from("[gateway]\nport = 70000\n").error().what, HasSubstr("from 1 to 65535"));
  EXPECT_THAT(settings_from("[gateway]\nport = \"5000\"\n").error().what, HasSubstr("sportapp.toml:2:"));
  EXPECT_THAT(settings_from("[gateway\n").error().what, HasSubstr("sportapp.toml:1:"));
  EXPECT_THAT(settings_from("[services]\nspares = 3\n").error().what, HasSubstr("from 0 to 2"));
  EXPECT_THAT(settings_from("[failover]\nfail_back = 1\n").error().what, HasSubstr("true or false"));
  EXPECT_THAT(settings_from("[tactics]\nretry = 0\n").error().what, HasSubstr("sportapp.toml:2: 'retry'"));
  EXPECT_FALSE(load_settings("/nowhere/sportapp.toml"));
}

}  // namespace sportapp::instance
