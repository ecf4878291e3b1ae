#include "server/commands/node_options.hpp"

#include <fmt/format.h>

namespace sportapp::commands {

node::Options node_options(const Config& config) {
  node::Options options{config.node, config.name, config.host,     config.link_port,
                        {},          config.data, config.key_file, config.spare_late_ms};
  for (const auto& peer : config.peers) {
    options.peers.push_back({peer.node, fmt::format("{}-{}-{}", config.service, config.side, peer.node),
                             peer.host, peer.link_port});
  }
  return options;
}

}  // namespace sportapp::commands
