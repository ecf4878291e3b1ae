#include "ops/instance/settings.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>

#include "ops/instance/ports.hpp"
#include "server/service/log.hpp"

namespace sportapp::instance {
namespace {

using service::TomlReader;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kPortMax = 65'535;
constexpr std::int64_t kDayS = 86'400;
constexpr std::int64_t kDaysMax = 36'500;

void read_gateway(TomlReader table, Settings::Gateway& gateway) {
  table.read("host", gateway.host);
  if (const auto known = is_known(gateway.host); !known) table.refuse("host", known.error().what);
  table.read("port", gateway.port, 1, kPortMax);
  table.read("workers", gateway.workers, 1, 64);
  table.read("connections", gateway.connections, 64, 1'000'000);
  table.read("rate_limit_per_s", gateway.rate_limit_per_s, 0, 1'000'000);
  table.read("queries_timeout_ms", gateway.queries_timeout_ms, 100, kHourMs);
  table.read("commands_timeout_ms", gateway.commands_timeout_ms, 100, kHourMs);
  table.read("first_try_ms", gateway.first_try_ms, 0, kHourMs);
}

void read_services(TomlReader table, Settings::Services& services) {
  table.read("log_level", services.log_level);
  if (!service::is_log_level(services.log_level))
    table.refuse("log_level", TomlReader::no_such(services.log_level, service::kLogLevels));
  table.read("drain_ms", services.drain_ms, 0, 60'000);
  table.read("queue_max", services.queue_max, 1, 1'000'000);
  table.read("batch_max", services.batch_max, 1, 100'000);
  table.read("cache_mb", services.cache_mb, 1, 65'536);
  table.read("spares", services.spares, 0, kSparesMax);
}

void read_failover(TomlReader table, Settings::Failover& failover) {
  table.read("suspicion_ms", failover.suspicion_ms, 50, 60'000);
  table.read("fail_back", failover.fail_back);
  table.read("fail_back_after_ms", failover.fail_back_after_ms, 0, kHourMs);
  table.read("hold_ms", failover.hold_ms, 0, kHourMs);
  table.read("spare_late_ms", failover.spare_late_ms, 100, 60'000);
}

void read_tactics(TomlReader table, Settings::Tactics& tactics) {
  table.read("restart", tactics.restart);
  table.read("restart_after_ms", tactics.restart_after_ms, 0, kHourMs);
  table.read("detect_hangs", tactics.detect_hangs);
  table.read("retry", tactics.retry);
}

void read_redis(TomlReader table, Settings::Redis& redis) {
  table.read("memory_mb", redis.memory_mb, 16, 1'000'000);
  table.read("stream_length_max", redis.stream_length_max, 1);
}

void read_retention(TomlReader table, retention::RetentionPolicy& retention) {
  table.read("keep_entries", retention.keep_entries, 0);
  table.read("keep_days", retention.keep_days, 0, kDaysMax);
  table.read("keep_keys_s", retention.keep_keys_s, 1, kDaysMax * kDayS);
}

// An address and not a name: a failover must not wait for a name server.
void read_address(TomlReader& table, const std::string& key, std::string& address) {
  table.read(key, address);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 ||
      ::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1)
    return;
  table.refuse(key,
               fmt::format("'{}' is '{}', which is no IP address; names are not resolved here, so that a "
                           "failover waits for no name server",
                           key, address));
}

void read_network(TomlReader table, Settings::Network& network) {
  read_address(table, "listen", network.listen);
  table.read("first_port", network.first_port, 1, kPortMax);
  table.read("key_file", network.key_file);
  auto addresses = table.table("addresses");
  for (const auto& name : addresses.keys()) read_address(addresses, name, network.addresses[name]);
}

void read_limits(TomlReader table, http::Limits& limits) {
  table.read("connections", limits.connections, 1, 1'000'000);
  table.read("body_bytes", limits.body_bytes, 1024, 1 << 30);
  table.read("header_bytes", limits.header_bytes, 1024, 1 << 20);
  table.read("idle_timeout_ms", limits.idle_timeout_ms, 3000, kHourMs);
  table.read("request_timeout_ms", limits.request_timeout_ms, 1000, kHourMs);
  table.read("answer_timeout_ms", limits.answer_timeout_ms, 1000, kHourMs);
}

std::string quoted(const std::string& text) {
  return boost::json::serialize(boost::json::string(text));
}

std::string network_text(const Settings::Network& network) {
  auto text = fmt::format("[network]\nlisten = {}\nfirst_port = {}\nkey_file = {}\n\n",
                          quoted(network.listen), network.first_port, quoted(network.key_file.string()));
  if (network.addresses.empty()) return text;
  text += "[network.addresses]\n";
  for (const auto& [name, address] : network.addresses) {
    text += fmt::format("{} = {}\n", quoted(name), quoted(address));
  }
  return text + "\n";
}

}  // namespace

void read_settings(TomlReader& tables, Settings& settings) {
  read_gateway(tables.table("gateway"), settings.gateway);
  read_services(tables.table("services"), settings.services);
  read_failover(tables.table("failover"), settings.failover);
  read_tactics(tables.table("tactics"), settings.tactics);
  read_redis(tables.table("redis"), settings.redis);
  read_retention(tables.table("retention"), settings.retention);
  read_network(tables.table("network"), settings.network);
  read_limits(tables.table("limits"), settings.limits);
}

Result<Settings> load_settings(const std::filesystem::path& file) {
  auto reader = TomlReader::open(file);
  if (!reader) return reader.error();
  Settings settings;
  read_settings(*reader, settings);
  if (auto read = reader->finish(); !read) return read.error();
  return settings;
}

std::vector<std::string> mistakes_in(const std::filesystem::path& file) {
  auto reader = TomlReader::open(file);
  if (!reader) return {reader.error().what};
  Settings settings;
  read_settings(*reader, settings);
  return reader->mistakes();
}

std::string retention_text(const retention::RetentionPolicy& retention) {
  return fmt::format("[retention]\nkeep_entries = {}\nkeep_days = {}\nkeep_keys_s = {}\n",
                     retention.keep_entries, retention.keep_days, retention.keep_keys_s);
}

std::string limits_text(const http::Limits& limits) {
  return fmt::format(
      "[limits]\nconnections = {}\nbody_bytes = {}\nheader_bytes = {}\nidle_timeout_ms = {}\n"
      "request_timeout_ms = {}\nanswer_timeout_ms = {}\n",
      limits.connections, limits.body_bytes, limits.header_bytes, limits.idle_timeout_ms,
      limits.request_timeout_ms, limits.answer_timeout_ms);
}

std::string settings_text(const Settings& settings) {
  const auto& [gateway, services, failover, tactics, redis, retention, network, limits] = settings;
  auto text = fmt::format(
      "[gateway]\nhost = {}\nport = {}\nworkers = {}\nconnections = {}\nrate_limit_per_s = {}\n"
      "queries_timeout_ms = {}\ncommands_timeout_ms = {}\nfirst_try_ms = {}\n\n",
      quoted(gateway.host), gateway.port, gateway.workers, gateway.connections, gateway.rate_limit_per_s,
      gateway.queries_timeout_ms, gateway.commands_timeout_ms, gateway.first_try_ms);
  text += fmt::format(
      "[services]\nlog_level = {}\ndrain_ms = {}\nqueue_max = {}\nbatch_max = {}\ncache_mb = {}\nspares = "
      "{}\n\n",
      quoted(services.log_level), services.drain_ms, services.queue_max, services.batch_max,
      services.cache_mb, services.spares);
  text += fmt::format(
      "[failover]\nsuspicion_ms = {}\nfail_back = {}\nfail_back_after_ms = {}\nhold_ms = {}\n"
      "spare_late_ms = {}\n\n",
      failover.suspicion_ms, failover.fail_back, failover.fail_back_after_ms, failover.hold_ms,
      failover.spare_late_ms);
  text += fmt::format("[tactics]\nrestart = {}\nrestart_after_ms = {}\ndetect_hangs = {}\nretry = {}\n\n",
                      tactics.restart, tactics.restart_after_ms, tactics.detect_hangs, tactics.retry);
  text += fmt::format("[redis]\nmemory_mb = {}\nstream_length_max = {}\n\n", redis.memory_mb,
                      redis.stream_length_max);
  text += retention_text(retention) + "\n";
  text += network_text(network);
  text += limits_text(limits);
  return text;
}

}  // namespace sportapp::instance
