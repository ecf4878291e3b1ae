// What both sides of a service say of events that they set aside: the same routes, the same documents.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.hpp"
#include "domain/set_aside.hpp"
#include "net/http/router.hpp"

namespace sportapp::service {

// In one list; more are there when these are gone.
inline constexpr std::size_t kSetAsideListedMax = 1000;

// GET /internal/events/set-aside, answered from `list`, and POST /internal/events/retry, left to `retry`.
void add_set_aside_routes(http::Router& router, std::function<Result<std::vector<domain::SetAside>>()> list,
                          std::function<void(const http::Reply&)> retry);
[[nodiscard]] http::Response retry_under_way();
[[nodiscard]] http::Response retry_ended(std::int64_t retried, std::int64_t left);

}  // namespace sportapp::service
