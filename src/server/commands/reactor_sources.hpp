#pragma once
#include <string>
#include <vector>

#include "base/instance_secret.hpp"
#include "domain/domain.hpp"
#include "server/commands/config.hpp"
#include "server/commands/reactor.hpp"

namespace sportapp::commands {

// The feeds of the services that the domain follows, as the configuration gives them; an error names the one
// that is missing.
[[nodiscard]] Result<std::vector<Reactor::Source>> feeds_followed(const Config& config,
                                                                  const domain::Domain& domain,
                                                                  const InstanceKey& key,
                                                                  const std::string& credential);

}  // namespace sportapp::commands
