// The configuration files of every process, from the settings and the topology.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/instance_secret.hpp"
#include "base/result.hpp"
#include "ops/instance/detours.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/settings.hpp"
#include "ops/instance/topology.hpp"

namespace sportapp::instance {

inline constexpr int kGatewayShutdownS = 5;

// deploy/nginx/gateway.conf.template, as it was when this was built.
[[nodiscard]] std::string_view gateway_template();

// Of the key by which the processes know each other.
[[nodiscard]] std::filesystem::path key_file(const Layout& layout, const Settings& settings);
// The local socket by which another process on the same data reaches it; empty: there is none.
[[nodiscard]] std::filesystem::path way_to(const Layout& layout, const Member& member);

// `members` have their hosts and ports.
[[nodiscard]] Result<std::string> gateway_config(const Layout& layout, const Settings& settings,
                                                 const std::vector<Member>& members);
// `key`: the instance's, by which its processes are known to Redis.
[[nodiscard]] std::string redis_config(const Layout& layout, const Settings& settings, const Member& redis,
                                       const InstanceKey& key);
[[nodiscard]] std::string monitor_config(const Layout& layout, const Settings& settings,
                                         const std::vector<Member>& members, const Detours& detours);
[[nodiscard]] std::string service_config(const Layout& layout, const Settings& settings,
                                         const std::vector<Member>& members, const Member& member,
                                         const Detours& detours);

[[nodiscard]] std::filesystem::path config_file(const Layout& layout, const Member& member);
// Each whole or not at all: that of one member, or all.
[[nodiscard]] Result<void> write_configuration(const Layout& layout, const Settings& settings,
                                               const std::vector<Member>& members, const Member& member,
                                               const Detours& detours = {});
[[nodiscard]] Result<void> write_configuration(const Layout& layout, const Settings& settings,
                                               const std::vector<Member>& members,
                                               const Detours& detours = {});

}  // namespace sportapp::instance
