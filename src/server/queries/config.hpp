// The configuration of a queries process.
#pragma once
#include <filesystem>
#include <vector>

#include "base/result.hpp"
#include "net/messaging/consumer.hpp"
#include "server/service/config.hpp"

namespace sportapp::queries {

struct Config : service::ProcessConfig {
  std::vector<messaging::FeedAddress> feeds;  // the nodes of the commands service
};

[[nodiscard]] Result<Config> load_config(const std::filesystem::path& file);

}  // namespace sportapp::queries
