// Gets the base model of a commands service for a read model that is recreated.
#pragma once
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/messaging/consumer.hpp"

namespace sportapp::queries {

// Puts it in the file, whole; false: there is none, the feed has every event. Blocks; ends early with the
// stop.
using FetchBase = std::function<Result<bool>(const std::filesystem::path& to, const std::stop_token& stop)>;

// Of the node among `nodes` that is primary. `credential`: see http::internal_credential().
[[nodiscard]] FetchBase make_http_fetch(std::vector<messaging::FeedAddress> nodes, std::string credential);

}  // namespace sportapp::queries
