// Where the processes of an instance are that are run one by one: in containers, on several hosts, by a
// service manager.
#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ops/instance/detours.hpp"
#include "ops/instance/instance.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/settings.hpp"
#include "ops/instance/topology.hpp"

namespace sportapp::instance {

// Every process with host and ports. The ports follow from the order of the topology, so that every host
// knows all of them from the settings alone. An error: an address of a process that there is not, ports past
// 65535.
[[nodiscard]] Result<std::vector<Member>> placed_members(const Settings& settings);

// The gateway's host and port, which are its owner's to set.
void place_gateway(std::vector<Member>& members, const Settings& settings);

// Redis gets a local socket where all processes share one data folder, and no port unless somebody reaches it
// by a detour.
void place_redis(const Layout& layout, std::vector<Member>& members, const Detours& detours = {});

// The member as this host itself reaches it, whether or not the network is there.
[[nodiscard]] Member seen_from_here(Member member, const Settings& settings);

// The record by which `status` and the like find the processes; `supervisor` is that of the monitor.
[[nodiscard]] Instance placed_instance(const Layout& layout, const Settings& settings,
                                       const std::vector<Member>& members, std::int64_t started_ms);

}  // namespace sportapp::instance
