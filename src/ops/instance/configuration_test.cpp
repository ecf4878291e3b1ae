#include "ops/instance/configuration.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>

#include "base/files.hpp"
#include "base/process/child.hpp"
#include "net/messaging/redis_address.hpp"
#include "ops/instance/placing.hpp"
#include "server/commands/config.hpp"
#include "server/monitor/config.hpp"
#include "server/queries/config.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::instance {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ConfigurationTest : public ::testing::Test {
 protected:
  ConfigurationTest() {
    std::uint16_t port = 20'000;
    for (auto& member : members_) member.port = port++;
    for (const auto& needed : {layout_.config(), layout_.logs(), layout_.working_folder("gateway")}) {
      std::filesystem::create_directories(needed);
    }
    EXPECT_TRUE(make_key(layout_.key_file()));
  }
  // What NGINX itself says of the generated file; empty when it takes it.
  [[nodiscard]] std::string nginx_complaint() const {
    if (auto written = write_configuration(layout_, settings_, members_); !written)
      return written.error().what;
    const auto out = layout_.data / "nginx.out";
    const auto child = process::launch({{find_program("nginx").value().string(), "-t", "-e", "stderr", "-p",
                                         layout_.working_folder("gateway").string() + "/", "-c",
                                         (layout_.config() / "gateway.conf").string()},
                                        layout_.working_folder("gateway"),
                                        out,
                                        SIGKILL});
    if (!child) return child.error().what;
    int status = 0;
    waitpid(*child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "" : read_file(out).value_or("it did not run");
  }
  [[nodiscard]] std::string gateway() const { return gateway_config(layout_, settings_, members_).value(); }

  sportapp::testing::TempFolder folder_;
  Layout layout_{folder_.path()};
  Settings settings_;
  std::vector<Member> members_ = topology();
};

}  // namespace

TEST_F(ConfigurationTest, NginxTakesTheDefaults) {
  EXPECT_EQ(nginx_complaint(), "");
  EXPECT_THAT(gateway(), Not(HasSubstr("limit_req")));
}

TEST_F(ConfigurationTest, NginxTakesEveryOption) {
  settings_.gateway.rate_limit_per_s = 50;
  settings_.gateway.host = "::1";
  settings_.gateway.workers = 3;
  settings_.limits.idle_timeout_ms = 3000;
  EXPECT_EQ(nginx_complaint(), "");
  EXPECT_THAT(gateway(), HasSubstr("rate=50r/s"));
  EXPECT_THAT(gateway(), HasSubstr("listen [::1]:5000 "));
}

TEST_F(ConfigurationTest, WithoutRetryACommandThatWasSentIsNotSentAgain) {
  EXPECT_THAT(gateway(),
              HasSubstr("  proxy_next_upstream error timeout http_502 http_503 non_idempotent;\n"));
  settings_.tactics.retry = false;
  EXPECT_EQ(nginx_complaint(), "");
  EXPECT_THAT(gateway(), HasSubstr("  proxy_next_upstream error timeout;\n"));
  for (const auto* not_wanted : {"non_idempotent", "upstream error timeout http"}) {
    EXPECT_THAT(gateway(), Not(HasSubstr(not_wanted)));
  }
}

TEST_F(ConfigurationTest, WhatGetsNoAnswerAtTheFirstTryIsAskedOfTheNextAndThenOfAllWithTime) {
  settings_.gateway.first_try_ms = 321;
  settings_.gateway.rate_limit_per_s = 50;
  EXPECT_EQ(nginx_complaint(), "");
  for (const auto* expected : {"proxy_read_timeout 321ms;", "error_page 502 504 = @users-commands-again;",
                               "location @users-commands-again {", "upstream orders-queries-again {",
                               "max_fails=1 fail_timeout=1s;", "proxy_read_timeout 35000ms;"}) {
    EXPECT_THAT(gateway(), HasSubstr(expected));
  }
  settings_.tactics.retry = false;
  EXPECT_EQ(nginx_complaint(), "");
  EXPECT_THAT(gateway(), Not(HasSubstr("-again")));
}

TEST_F(ConfigurationTest, WhoIsElsewhereIsReachedAtItsAddressAndByNoLocalSocket) {
  for (auto& member : members_) {
    if (member.name == "users-commands-a" || member.name == "redis")
      member.host = "10.1.2.3", member.apart = true;
  }
  settings_.network.listen = "0.0.0.0";
  settings_.network.key_file = layout_.data / "elsewhere.key";
  ASSERT_TRUE(make_key(settings_.network.key_file));
  const auto port = members_of(members_, "users", Kind::kCommands).at(0).port;
  EXPECT_THAT(gateway(), HasSubstr("server \"10.1.2.3:" + std::to_string(port) + "\""));
  EXPECT_THAT(gateway(), Not(HasSubstr(layout_.local_socket("users-commands-a").string())));
  ASSERT_TRUE(write_configuration(layout_, settings_, members_));
  const auto read =
      queries::load_config(config_file(layout_, members_of(members_, "users", Kind::kQueries).at(0)));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->host, "0.0.0.0");
  EXPECT_EQ(read->feeds.at(0).host, "10.1.2.3");
  EXPECT_EQ(read->redis.host, "10.1.2.3");
  EXPECT_EQ(read->key_file, settings_.network.key_file);
  const auto monitor = monitor::load_config(config_file(layout_, member_of(members_, Kind::kMonitor)));
  ASSERT_TRUE(monitor) << monitor.error().what;
  EXPECT_EQ(monitor->key_file, settings_.network.key_file);
}

TEST_F(ConfigurationTest, AServiceMoreIsANameMore) {
  members_ = topology({"users", "products"});
  std::uint16_t port = 20'000;
  for (auto& member : members_) member.port = port++;
  EXPECT_EQ(nginx_complaint(), "");
  for (const auto* expected : {"location = /api-commands/products {", "location /api-queries/products/ {",
                               "upstream products-queries {", "location = /api-queries/users {"}) {
    EXPECT_THAT(gateway(), HasSubstr(expected));
  }
}

TEST_F(ConfigurationTest, TheGatewayTakesOverTheBodyLimitOfTheServices) {
  settings_.limits.body_bytes = 12'345;
  EXPECT_THAT(gateway(), HasSubstr("client_max_body_size 12345;"));
}

TEST_F(ConfigurationTest, AServiceReadsWhatWasWrittenForIt) {
  settings_.services.queue_max = 77;
  settings_.redis.stream_length_max = 99;
  settings_.limits.body_bytes = 12'345;
  ASSERT_TRUE(write_configuration(layout_, settings_, members_));
  const auto queries = members_of(members_, "users", Kind::kQueries).at(1);
  const auto read = queries::load_config(config_file(layout_, queries));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->service, "users");
  EXPECT_EQ(read->side, "queries");
  EXPECT_EQ(read->node, "2");
  EXPECT_EQ(read->port, queries.port);
  EXPECT_EQ(read->data, layout_.data / "users-queries-2");
  EXPECT_EQ(read->key_file, layout_.key_file());
  ASSERT_EQ(read->feeds.size(), 1U);
  EXPECT_EQ(read->feeds[0].port, members_of(members_, "users", Kind::kCommands).at(0).port);
  EXPECT_EQ(read->redis.port, member_of(members_, Kind::kRedis).port);
  EXPECT_EQ(read->limits.body_bytes, 12'345U);
  const auto node =
      commands::load_config(config_file(layout_, members_of(members_, "users", Kind::kCommands).at(0)));
  ASSERT_TRUE(node) << node.error().what;
  EXPECT_EQ(node->side, "commands");
  EXPECT_EQ(node->queue_max, 77);
  EXPECT_EQ(node->stream_length_max, 99);
  EXPECT_EQ(node->limits.body_bytes, 12'345U);
  EXPECT_TRUE(node->sources.empty());
}

TEST_F(ConfigurationTest, TheNodesOfAServiceKnowEachOtherAndTheirReadersAllOfThem) {
  members_ = topology({"users"}, 2);
  std::uint16_t port = 20'000;
  for (auto& member : members_) {
    member.port = port++;
    if (member.kind == Kind::kCommands) member.link_port = port++;
  }
  EXPECT_EQ(nginx_complaint(), "");
  const auto nodes = members_of(members_, "users", Kind::kCommands);
  ASSERT_EQ(nodes.size(), 3U);
  const auto read = commands::load_config(config_file(layout_, nodes[1]));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->name, "users-commands-b");
  EXPECT_EQ(read->link_port, nodes[1].link_port);
  EXPECT_EQ(read->key_file, layout_.key_file());
  EXPECT_EQ(read->hold_ms, settings_.failover.hold_ms);
  ASSERT_EQ(read->peers.size(), 2U);
  EXPECT_EQ(read->peers[1].node, "c");
  EXPECT_EQ(read->peers[1].port, nodes[2].port);
  EXPECT_EQ(read->peers[1].link_port, nodes[2].link_port);
  EXPECT_EQ(read->peers[1].local_socket, layout_.local_socket("users-commands-c"));
  const auto queries =
      queries::load_config(config_file(layout_, members_of(members_, "users", Kind::kQueries)[0]));
  ASSERT_TRUE(queries) << queries.error().what;
  EXPECT_EQ(queries->feeds.size(), 3U);
}

TEST_F(ConfigurationTest, WhoHasADetourReachesTheOtherByItAndNobodyElseDoes) {
  members_ = topology({"users"}, 1);
  std::uint16_t port = 20'000;
  for (auto& member : members_) {
    member.port = port++;
    if (member.kind == Kind::kCommands) member.link_port = port++;
  }
  const auto nodes = members_of(members_, "users", Kind::kCommands);
  Detours wanted;
  wanted.add("monitor", nodes[0].name, 31'000);
  wanted.add(nodes[0].name, nodes[1].name, 31'001);
  wanted.add(nodes[0].name, "redis", 31'002);
  ASSERT_TRUE(wanted.write(layout_));
  const auto detours = Detours::read(layout_);
  ASSERT_TRUE(detours) << detours.error().what;
  ASSERT_TRUE(write_configuration(layout_, settings_, members_, *detours));
  const auto a = commands::load_config(config_file(layout_, nodes[0])).value();
  const auto b = commands::load_config(config_file(layout_, nodes[1])).value();
  EXPECT_EQ(a.link_port, nodes[0].link_port);
  EXPECT_EQ(a.peers.at(0).link_port, 31'001);
  EXPECT_EQ(a.redis.port, 31'002);
  EXPECT_EQ(b.peers.at(0).link_port, nodes[0].link_port);
  EXPECT_EQ(b.redis.port, member_of(members_, Kind::kRedis).port);
  const auto monitor =
      monitor::load_config(config_file(layout_, member_of(members_, Kind::kMonitor))).value();
  for (const auto& target : monitor.targets) {
    if (target.name == nodes[0].name) {
      EXPECT_EQ(target.link_port, 31'000);
    }
    if (target.name == nodes[1].name) {
      EXPECT_EQ(target.link_port, nodes[1].link_port);
    }
  }
  std::filesystem::remove(layout_.detours_file());
  EXPECT_EQ(Detours::read(layout_).value().port("monitor", nodes[0].name, 1), 1);
  ASSERT_TRUE(write_file(layout_.detours_file(), "{\"monitor\":3}"));
  EXPECT_FALSE(Detours::read(layout_));
}

TEST_F(ConfigurationTest, TheMonitorReadsWhatWasWrittenForIt) {
  settings_.failover.fail_back = false;
  settings_.failover.suspicion_ms = 321;
  settings_.tactics.detect_hangs = false;
  ASSERT_TRUE(write_configuration(layout_, settings_, members_));
  const auto read = monitor::load_config(config_file(layout_, member_of(members_, Kind::kMonitor)));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->targets.size(), members_.size() - 1);
  EXPECT_EQ(read->targets.front().kind, monitor::Kind::kRedis);
  EXPECT_EQ(read->targets.back().kind, monitor::Kind::kGateway);
  EXPECT_EQ(read->control_socket, layout_.control_socket());
  EXPECT_EQ(read->data, layout_.data / "monitor");
  EXPECT_FALSE(read->failover.fail_back);
  EXPECT_EQ(read->failover.suspicion_ms, 321);
  EXPECT_FALSE(read->failover.kill_hung);
}

TEST_F(ConfigurationTest, TheGatewayAsksTheSparesOnlyWhereTheFirstNodeDoesNotAnswer) {
  members_ = topology({"users"}, 1);
  const auto text = gateway();
  EXPECT_THAT(text, HasSubstr("users-commands-a/http.sock\" max_fails=0;"));
  EXPECT_THAT(text, HasSubstr("users-commands-b/http.sock\" max_fails=0 backup;"));
  EXPECT_THAT(text, Not(HasSubstr("queries-2/http.sock\" max_fails=0 backup")));
}

TEST_F(ConfigurationTest, ACommandsProcessFindsTheFeedsOfTheServicesItFollows) {
  ASSERT_TRUE(write_configuration(layout_, settings_, members_));
  for (const auto& service : services::all()) {
    const auto member = members_of(members_, service.name, Kind::kCommands).at(0);
    const auto read = commands::load_config(config_file(layout_, member));
    ASSERT_TRUE(read) << read.error().what;
    std::vector<std::pair<std::string, std::uint16_t>> expected, found;
    for (const auto& source : service.make_domain()->sources()) {
      expected.emplace_back(source, members_of(members_, source, Kind::kCommands).at(0).port);
    }
    for (const auto& source : read->sources) found.emplace_back(source.service, source.port);
    EXPECT_EQ(found, expected) << service.name;
  }
}

TEST_F(ConfigurationTest, RedisIsReachedByItsSocketWhereAllShareADataFolder) {
  place_redis(layout_, members_);
  ASSERT_TRUE(write_configuration(layout_, settings_, members_));
  const auto redis = read_file(layout_.config() / "redis.conf").value();
  EXPECT_THAT(redis, HasSubstr("\nport 0\n"));
  EXPECT_THAT(redis,
              HasSubstr("unixsocket \"" + layout_.redis_socket().string() + "\"\nunixsocketperm 700\n"));
  const auto queries = members_of(members_, "users", Kind::kQueries).at(0);
  const auto read = queries::load_config(config_file(layout_, queries));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->redis.host, layout_.redis_socket());
  EXPECT_EQ(read->key_file, layout_.key_file());
  const auto monitor = monitor::load_config(config_file(layout_, member_of(members_, Kind::kMonitor)));
  ASSERT_TRUE(monitor) << monitor.error().what;
  EXPECT_EQ(monitor->targets.front().host, layout_.redis_socket());
}

TEST_F(ConfigurationTest, RedisKeepsItsPortForWhoIsElsewhereOrComesByADetour) {
  const auto port = member_of(members_, Kind::kRedis).port;
  auto apart = members_;
  apart[1].apart = true;
  place_redis(layout_, apart);
  EXPECT_EQ(member_of(apart, Kind::kRedis).port, port);
  EXPECT_EQ(member_of(apart, Kind::kRedis).host, "127.0.0.1");
  Detours detours;
  detours.add("users-commands-a", "redis", 31'002);
  place_redis(layout_, members_, detours);
  ASSERT_TRUE(write_configuration(layout_, settings_, members_, detours));
  EXPECT_THAT(read_file(layout_.config() / "redis.conf").value(),
              HasSubstr("\nport " + std::to_string(port) + "\n"));
  const auto nodes = members_of(members_, "users", Kind::kCommands);
  const auto a = commands::load_config(config_file(layout_, nodes[0])).value();
  EXPECT_EQ(a.redis.host, "127.0.0.1");
  EXPECT_EQ(a.redis.port, 31'002);
  const auto queries =
      queries::load_config(config_file(layout_, members_of(members_, "users", Kind::kQueries)[0]));
  EXPECT_EQ(queries->redis.host, layout_.redis_socket());
}

TEST_F(ConfigurationTest, RedisHasThePasswordOfTheInstanceAndNotInItsFile) {
  ASSERT_TRUE(write_configuration(layout_, settings_, members_));
  const auto redis = read_file(layout_.config() / "redis.conf").value();
  EXPECT_THAT(redis, HasSubstr("\nuser default off "));
  EXPECT_THAT(redis, HasSubstr("\nuser sportapp on #"));
  EXPECT_THAT(redis, HasSubstr(" ~users "));
  EXPECT_THAT(redis, Not(HasSubstr(messaging::redis_password(load_key(layout_.key_file()).value()))));
  ASSERT_TRUE(write_configuration(layout_, settings_, members_));
  EXPECT_NE(read_file(layout_.config() / "redis.conf").value(), redis) << "the name of what it would load";
  std::filesystem::remove(layout_.key_file());
  EXPECT_FALSE(write_configuration(layout_, settings_, members_));
}

}  // namespace sportapp::instance
