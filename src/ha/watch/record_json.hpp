#pragma once
#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "ha/failover/record.hpp"

namespace sportapp::watch {

// {"epoch":7,"primary":"a","in_sync":[{"node":"a","promise":6}],"floor":{"seq":41,"hash":"9f..."},"forced":0}
[[nodiscard]] boost::json::object to_json(const failover::Record& record);
// Throws where a member is missing or of another type.
[[nodiscard]] failover::Record record_from(const boost::json::object& object);
[[nodiscard]] boost::json::object to_json(const Position& position);
// A floor that is newer than that of the record of that epoch: {"epoch":7,"floor":{...}}
[[nodiscard]] boost::json::object noted_floor_json(Epoch epoch, const Position& floor);
[[nodiscard]] std::optional<std::pair<Epoch, Position>> noted_floor_from(const boost::json::object& object);

}  // namespace sportapp::watch
