#pragma once
#include "ha/node/options.hpp"
#include "server/commands/config.hpp"

namespace sportapp::commands {

// A commands process as a node among those of its service, by its configuration.
[[nodiscard]] node::Options node_options(const Config& config);

}  // namespace sportapp::commands
