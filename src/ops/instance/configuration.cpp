#include "ops/instance/configuration.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "domain/services/registry.hpp"
#include "net/messaging/redis_address.hpp"
#include "ops/instance/ports.hpp"

namespace sportapp::instance {

std::filesystem::path key_file(const Layout& layout, const Settings& settings) {
  const auto& set = settings.network.key_file;
  return set.empty() ? layout.key_file() : set;
}

std::filesystem::path way_to(const Layout& layout, const Member& member) {
  return member.apart ? std::filesystem::path() : layout.local_socket(member.name);
}

namespace {

// Where a commands process finds the feeds of the services that it follows.
std::string source_tables(const std::vector<Member>& members, const Member& member) {
  std::string text;
  const auto* service = services::find(member.service);
  if (service == nullptr) return text;
  for (const auto& source : service->make_domain()->sources()) {
    for (const auto& commands : members_of(members, source, Kind::kCommands)) {
      text += fmt::format("\n[[source]]\nservice = \"{}\"\nhost = \"{}\"\nport = {}\n", source, commands.host,
                          commands.port);
    }
  }
  return text;
}

// What a commands node needs to be one of several.
std::string link_settings(const Layout& layout, const Settings& settings, const Member& member) {
  return fmt::format("link_port = {}\nin_hand_folder = \"{}\"\nhold_ms = {}\nspare_late_ms = {}\n",
                     member.link_port, layout.in_hand().string(), settings.failover.hold_ms,
                     settings.failover.spare_late_ms);
}

std::string peer_tables(const Layout& layout, const std::vector<Member>& members, const Member& member,
                        const Detours& detours) {
  std::string text;
  for (const auto& peer : members_of(members, member.service, Kind::kCommands)) {
    if (peer.name == member.name) continue;
    text += fmt::format(
        "\n[[peer]]\nnode = \"{}\"\nhost = \"{}\"\nport = {}\nlocal_socket = \"{}\"\nlink_port = {}\n",
        peer.node, peer.host, peer.port, way_to(layout, peer).string(),
        detours.port(member.name, peer.name, peer.link_port));
  }
  return text;
}

std::string feed_tables(const std::vector<Member>& members, const Member& member) {
  std::string text;
  for (const auto& commands : members_of(members, member.service, Kind::kCommands)) {
    text += fmt::format("\n[[feed]]\nhost = \"{}\"\nport = {}\n", commands.host, commands.port);
  }
  return text;
}

std::string random_digits() {
  std::array<unsigned char, 8> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 2 * bytes.size() + 1> text{};
  return sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
}

// So Redis knows a password without having it in its file.
std::string sha256_of(const std::string& password) {
  Hash hash{};
  static_assert(sizeof hash == crypto_hash_sha256_BYTES);
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(password.data()), password.size());
  return hex(hash);
}

std::string kind_of(const Member& member) {
  if (member.kind == Kind::kRedis) return "redis";
  return member.kind == Kind::kGateway ? "gateway" : "service";
}

}  // namespace

// Nobody gets in but with this instance's password, and then with the commands that are used and no others.
// Redis keeps nothing and finds nothing: the file that it would read at its start has a name of its own each
// time.
std::string redis_config(const Layout& layout, const Settings& settings, const Member& redis,
                         const InstanceKey& key) {
  auto text = fmt::format(
      "# Written by sportapp. Redis carries events; what it loses is read from the journal's feed.\n"
      "bind {}\nport {}\nprotected-mode {}\ndaemonize no\n"
      "save \"\"\nappendonly no\ndbfilename \"none-{}.rdb\"\nmaxmemory {}mb\nmaxmemory-policy noeviction\n"
      "dir \"{}\"\nlogfile \"{}\"\nloglevel notice\nalways-show-logo no\n",
      settings.network.listen, redis.port, redis.apart ? "no" : "yes", random_digits(),
      settings.redis.memory_mb, layout.working_folder(redis.name).string(), layout.log(redis.name).string());
  if (is_local_socket(redis.host)) text += fmt::format("unixsocket \"{}\"\nunixsocketperm 700\n", redis.host);
  std::string streams;
  for (const auto& name : services::names()) streams += " ~" + name;
  return text +
         fmt::format(
             "user default off nopass nocommands\nuser {} on #{}{} resetchannels nocommands +ping +xadd "
             "+xread +xrange +xinfo|stream +del\n",
             messaging::kRedisUser, sha256_of(messaging::redis_password(key)), streams);
}

std::string monitor_config(const Layout& layout, const Settings& settings, const std::vector<Member>& members,
                           const Detours& detours) {
  const auto& monitor = member_of(members, Kind::kMonitor);
  const auto& failover = settings.failover;
  auto text = fmt::format(
      "# Written by sportapp.\nhost = \"{}\"\nport = {}\nlog_file = \"{}\"\nlog_level = \"{}\"\n"
      "data = \"{}\"\nkey_file = \"{}\"\ncontrol_socket = \"{}\"\n",
      settings.network.listen, monitor.port, layout.log(monitor.name).string(), settings.services.log_level,
      (layout.data / monitor.name).string(), key_file(layout, settings).string(),
      layout.control_socket().string());
  text += fmt::format(
      "\n[failover]\nsuspicion_ms = {}\nfail_back = {}\nfail_back_after_ms = {}\nkill_hung = {}\n",
      failover.suspicion_ms, failover.fail_back, failover.fail_back_after_ms,
      settings.tactics.detect_hangs && !layout.foreground);
  for (const auto& member : members) {
    if (member.kind == Kind::kMonitor) continue;
    text += fmt::format(
        "\n[[process]]\nkind = \"{}\"\nname = \"{}\"\nservice = \"{}\"\nside = \"{}\"\nnode = \"{}\"\n"
        "host = \"{}\"\nport = {}\nlink_port = {}\n",
        kind_of(member), member.name, member.service, member.side, member.node, member.host, member.port,
        member.link_port == 0 ? 0 : detours.port(monitor.name, member.name, member.link_port));
  }
  return text;
}

std::string service_config(const Layout& layout, const Settings& settings, const std::vector<Member>& members,
                           const Member& member, const Detours& detours) {
  const auto& services = settings.services;
  auto text = fmt::format(
      "# Written by sportapp.\nservice = \"{}\"\nside = \"{}\"\nnode = \"{}\"\nhost = \"{}\"\nport = {}\n"
      "local_socket = \"{}\"\ndata = \"{}\"\nkey_file = \"{}\"\nlog_file = \"{}\"\nlog_level = "
      "\"{}\"\ndrain_ms = {}\ncache_mb = {}\n",
      member.service, member.side, member.node, settings.network.listen, member.port,
      layout.local_socket(member.name).string(), (layout.data / member.name).string(),
      key_file(layout, settings).string(), layout.log(member.name).string(), services.log_level,
      services.drain_ms, services.cache_mb);
  if (member.kind == Kind::kCommands)
    text += fmt::format("queue_max = {}\nbatch_max = {}\nstream_length_max = {}\n", services.queue_max,
                        services.batch_max, settings.redis.stream_length_max);
  if (member.kind == Kind::kCommands && member.link_port != 0)
    text += link_settings(layout, settings, member);
  const auto& redis = member_of(members, Kind::kRedis);
  const auto port = detours.port(member.name, redis.name, is_local_socket(redis.host) ? 0 : redis.port);
  const auto& host = is_local_socket(redis.host) && port != 0 ? member.host : redis.host;
  text += fmt::format("\n[redis]\nhost = \"{}\"\n", host);
  if (port != 0) text += fmt::format("port = {}\n", port);
  if (member.kind == Kind::kQueries) text += feed_tables(members, member);
  if (member.kind == Kind::kCommands) {
    text += "\n" + retention_text(settings.retention);
    if (member.link_port != 0) text += peer_tables(layout, members, member, detours);
    text += source_tables(members, member);
  }
  return text + "\n" + limits_text(settings.limits);
}

std::filesystem::path config_file(const Layout& layout, const Member& member) {
  const bool toml = is_service(member.kind) || member.kind == Kind::kMonitor;
  return layout.config() / (member.name + (toml ? ".toml" : ".conf"));
}

Result<void> write_configuration(const Layout& layout, const Settings& settings,
                                 const std::vector<Member>& members, const Member& member,
                                 const Detours& detours) {
  Result<std::string> text = std::string();
  switch (member.kind) {
    case Kind::kRedis: {
      const auto key = load_key(key_file(layout, settings));
      text = key ? Result<std::string>(redis_config(layout, settings, member, *key)) : key.error();
      break;
    }
    case Kind::kMonitor:
      text = monitor_config(layout, settings, members, detours);
      break;
    case Kind::kGateway:
      text = gateway_config(layout, settings, members);
      break;
    case Kind::kCommands:
    case Kind::kQueries:
      text = service_config(layout, settings, members, member, detours);
      break;
  }
  if (!text) return text.error();
  return write_file(config_file(layout, member), *text);
}

Result<void> write_configuration(const Layout& layout, const Settings& settings,
                                 const std::vector<Member>& members, const Detours& detours) {
  for (const auto& member : members) {
    if (auto written = write_configuration(layout, settings, members, member, detours); !written)
      return written;
  }
  return {};
}

}  // namespace sportapp::instance
