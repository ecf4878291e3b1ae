#include "instance/configuration.hpp"

#include <fmt/format.h>

#include "base/files.hpp"
#include "services/registry.hpp"

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

std::string kind_of(const Member& member) {
  if (member.kind == Kind::kRedis) return "redis";
  return member.kind == Kind::kGateway ? "gateway" : "service";
}

}  // namespace

std::string redis_config(const Layout& layout, const Settings& settings, const Member& redis) {
  return fmt::format(
      "# Written by sportapp. Redis carries events; what it loses is read from the journal's feed.\n"
      "bind {}\nport {}\nprotected-mode {}\ndaemonize no\n"
      "save \"\"\nappendonly no\nmaxmemory {}mb\nmaxmemory-policy noeviction\n"
      "dir \"{}\"\nlogfile \"{}\"\nloglevel notice\nalways-show-logo no\n",
      settings.network.listen, redis.port, redis.apart ? "no" : "yes", settings.redis.memory_mb,
      layout.working_folder(redis.name).string(), layout.log(redis.name).string());
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
      "\"{}\"\ndrain_ms = {}\nqueue_max "
      "= {}\nbatch_max = {}\ncache_mb = {}\n",
      member.service, member.side, member.node, settings.network.listen, member.port,
      layout.local_socket(member.name).string(), (layout.data / member.name).string(),
      key_file(layout, settings).string(), layout.log(member.name).string(), services.log_level,
      services.drain_ms, services.queue_max, services.batch_max, services.cache_mb);
  if (member.kind == Kind::kCommands && member.link_port != 0)
    text += link_settings(layout, settings, member);
  const auto& redis = member_of(members, Kind::kRedis);
  text += fmt::format("\n[redis]\nhost = \"{}\"\nport = {}\nstream_length_max = {}\n", redis.host,
                      detours.port(member.name, redis.name, redis.port), settings.redis.stream_length_max);
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
    case Kind::kRedis:
      text = redis_config(layout, settings, member);
      break;
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
