#pragma once
#include <boost/json.hpp>
#include <string>

#include "ha/watch/service_driver.hpp"

namespace sportapp::monitor {

// One service of GET /internal/failover.
[[nodiscard]] boost::json::object to_json(const std::string& service, const watch::ServiceDriver& driver,
                                          std::int64_t now_ms);
// Why no commands are taken; empty while the primary takes them.
[[nodiscard]] std::string trouble_of(const failover::Monitor& core);

}  // namespace sportapp::monitor
