#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/topology.hpp"

namespace sportapp::instance {

// Whether the system knows the host, an address or a name; an error says why not.
[[nodiscard]] Result<void> is_known(const std::string& host);

// Whether something could listen there now; an error says why not.
[[nodiscard]] Result<void> can_listen(const std::string& host, std::uint16_t port);

// Gives every member but the gateway a loopback port: the one it had at the last start (DATA/run/ports.json)
// while that is free, else a free one below the range from which the system takes ports for outgoing
// connections; `linked`: every commands node a link port too. Where the search starts depends on the data
// folder, so that instances stay apart.
[[nodiscard]] Result<void> assign_ports(const Layout& layout, std::vector<Member>& members,
                                        bool linked = kRedundant);

// Whether a host is the path of a local socket; its port then means nothing.
[[nodiscard]] inline bool is_local_socket(const std::string& host) {
  return host.starts_with('/');
}
// Whether something listens there, on a port or a local socket; never blocks for long.
[[nodiscard]] bool listens(const std::string& host, std::uint16_t port);

// A host to listen on, as a client on this machine reaches it.
[[nodiscard]] std::string reachable(const std::string& host);
// As URLs and NGINX write it: 127.0.0.1:5000, [::1]:5000.
[[nodiscard]] std::string host_and_port(const std::string& host, std::uint16_t port);

}  // namespace sportapp::instance
