#include "monitor/health.hpp"

#include <boost/json.hpp>
#include <map>
#include <utility>

namespace sportapp::monitor {

Health health_of(const std::vector<Watched>& processes) {
  namespace json = boost::json;
  struct Side {
    bool served = false;
    std::string troubles;
  };
  std::map<std::string, std::map<std::string, Side>> services;
  for (const auto& process : processes) {
    auto& side = services[process.service][process.side];
    side.served |= process.trouble.empty();
    if (process.trouble.empty()) continue;
    if (!side.troubles.empty()) side.troubles += "; ";
    side.troubles += process.name + ": " + process.trouble;
  }
  Health health{true, {}};
  json::object told;
  for (const auto& [service, sides] : services) {
    json::object sides_told;
    for (const auto& [name, side] : sides) {
      sides_told[name] = side.served ? "ok" : side.troubles;
      health.ok &= side.served;
    }
    told[service] = std::move(sides_told);
  }
  health.body = json::serialize(
      json::object{{"status", health.ok ? "ok" : "unavailable"}, {"services", std::move(told)}});
  return health;
}

}  // namespace sportapp::monitor
