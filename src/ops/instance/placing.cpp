#include "ops/instance/placing.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "domain/services/registry.hpp"
#include "ops/instance/configuration.hpp"
#include "ops/instance/ports.hpp"

namespace sportapp::instance {
namespace {

constexpr int kPortsEach = 2;  // HTTP and link; who has no link leaves one free
constexpr int kLastPort = 65'535;

Result<void> check_names(const Settings& settings, const std::vector<Member>& members) {
  for (const auto& placed : settings.network.addresses) {
    const auto& name = placed.first;
    const auto is_it = [&name](const Member& member) { return member.name == name; };
    if (std::any_of(members.begin(), members.end(), is_it)) continue;
    return Error{
        Retry::kNever,
        fmt::format("[network.addresses] has '{}', and there is no such process with spares = {}; see: "
                    "sportapp run --list",
                    name, settings.services.spares)};
  }
  return {};
}

}  // namespace

Result<std::vector<Member>> placed_members(const Settings& settings) {
  auto members = topology(services::names(), kRedundant ? settings.services.spares : 0);
  if (auto checked = check_names(settings, members); !checked) return checked.error();
  int port = settings.network.first_port;
  if (port + kPortsEach * static_cast<int>(members.size()) > kLastPort + 1) {
    return Error{Retry::kNever,
                 fmt::format("[network] first_port = {} leaves no room for the ports of {} processes; "
                             "choose a lower one",
                             port, members.size())};
  }
  for (auto& member : members) {
    member.port = static_cast<std::uint16_t>(port);
    if (kRedundant && member.kind == Kind::kCommands) member.link_port = static_cast<std::uint16_t>(port + 1);
    port += kPortsEach;
  }
  place_gateway(members, settings);
  for (auto& member : members) {
    const auto found = settings.network.addresses.find(member.name);
    if (found == settings.network.addresses.end()) continue;
    member.host = found->second;
    member.apart = true;
  }
  return members;
}

void place_gateway(std::vector<Member>& members, const Settings& settings) {
  for (auto& member : members) {
    if (member.kind != Kind::kGateway) continue;
    member.host = reachable(settings.gateway.host);
    member.port = settings.gateway.port;
  }
}

void place_redis(const Layout& layout, std::vector<Member>& members, const Detours& detours) {
  const auto socket = layout.redis_socket();
  const bool together =
      std::none_of(members.begin(), members.end(), [](const Member& member) { return member.apart; });
  if (socket.empty() || !together) return;
  for (auto& redis : members) {
    if (redis.kind != Kind::kRedis) continue;
    redis.host = socket.string();
    const bool by_detour = std::any_of(members.begin(), members.end(), [&](const Member& member) {
      return detours.port(member.name, redis.name, 0) != 0;
    });
    if (!by_detour) redis.port = 0;
  }
}

Member seen_from_here(Member member, const Settings& settings) {
  if (is_local_socket(member.host)) return member;
  member.host = reachable(member.kind == Kind::kGateway ? settings.gateway.host : settings.network.listen);
  return member;
}

Instance placed_instance(const Layout& layout, const Settings& settings, const std::vector<Member>& members,
                         std::int64_t started_ms) {
  Instance instance;
  instance.supervisor = process::identify(::getpid()).value_or(process::ProcessId{::getpid(), 0});
  const auto& gateway = member_of(members, Kind::kGateway);
  instance.host = gateway.host;
  instance.port = gateway.port;
  instance.data = layout.data;
  instance.key_file = key_file(layout, settings);
  instance.started_ms = started_ms;
  instance.apart = true;
  for (const auto& member : members) {
    auto process = process_of(member);
    process.state = ProcessState::kRunning;  // as far as is known here; whoever asks it learns more
    instance.processes.push_back(std::move(process));
  }
  return instance;
}

}  // namespace sportapp::instance
