#pragma once
#include "base/loop.hpp"
#include "net/http/router.hpp"
#include "server/monitor/failover.hpp"

namespace sportapp::monitor {

// GET /internal/failover, GET /internal/events, POST /internal/switchover, POST /internal/promote. All of it
// must outlive the router's server.
void add_failover_routes(http::Router& router, Failover& failover, Loop& loop);

}  // namespace sportapp::monitor
