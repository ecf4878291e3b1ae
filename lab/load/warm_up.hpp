#pragma once
#include <functional>

#include "base/result.hpp"
#include "lab/load/options.hpp"
#include "lab/load/request_maker.hpp"

namespace sportapp::lab {

// Makes a user and some products, and waits until an order for each is taken: orders learn of them a moment
// later. Told of each request, with times on the monotonic clock. Blocks.
[[nodiscard]] Result<Shop> warm_up(const LoadOptions& options, int within_ms,
                                   const std::function<void(Request)>& on_ended);

}  // namespace sportapp::lab
