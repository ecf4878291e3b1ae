#pragma once
#include <boost/json.hpp>

#include "failover/record.hpp"

namespace sportapp::monitor {

// {"epoch":7,"primary":"a","in_sync":[{"node":"a","promise":6}]}
[[nodiscard]] boost::json::object to_json(const failover::Record& record);
// Throws where a member is missing or of another type.
[[nodiscard]] failover::Record record_from(const boost::json::object& object);

}  // namespace sportapp::monitor
