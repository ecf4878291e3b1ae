#include "monitor/record_json.hpp"

namespace sportapp::monitor {

namespace json = boost::json;

json::object to_json(const failover::Record& record) {
  json::array in_sync;
  for (const auto& member : record.in_sync) {
    in_sync.push_back(json::object{{"node", member.node}, {"promise", member.promise.value}});
  }
  return {{"epoch", record.epoch.value}, {"primary", record.primary}, {"in_sync", std::move(in_sync)}};
}

failover::Record record_from(const json::object& object) {
  failover::Record record;
  record.epoch = Epoch{object.at("epoch").to_number<std::int64_t>()};
  record.primary = std::string(object.at("primary").as_string());
  for (const auto& one : object.at("in_sync").as_array()) {
    const auto& member = one.as_object();
    record.in_sync.push_back(
        {std::string(member.at("node").as_string()), Epoch{member.at("promise").to_number<std::int64_t>()}});
  }
  return record;
}

}  // namespace sportapp::monitor
