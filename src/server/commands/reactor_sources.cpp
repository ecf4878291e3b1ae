#include "server/commands/reactor_sources.hpp"

#include <fmt/format.h>

#include "net/messaging/seal.hpp"

namespace sportapp::commands {

Result<std::vector<Reactor::Source>> feeds_followed(const Config& config, const domain::Domain& domain,
                                                    const InstanceKey& key, const std::string& credential) {
  std::vector<Reactor::Source> sources;
  for (const auto& name : domain.sources()) {
    std::vector<messaging::FeedAddress> nodes;
    for (const auto& source : config.sources) {
      if (source.service == name && source.port != 0) nodes.push_back({source.host, source.port});
    }
    if (nodes.empty()) {
      return Error{Retry::kNever, fmt::format("the configuration lacks [[source]] {}: where the commands "
                                              "process of {} is, whose events {} takes in",
                                              name, name, config.service)};
    }
    sources.push_back({name, [nodes, seal = messaging::Seal(name, key), credential] {
                         return messaging::make_http_feed(nodes, seal, credential);
                       }});
  }
  return sources;
}

}  // namespace sportapp::commands
