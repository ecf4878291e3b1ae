#include "monitor/health.hpp"

#include <boost/json.hpp>
#include <map>
#include <utility>

namespace sportapp::monitor {

namespace {

namespace json = boost::json;

struct Side {
  bool served = false;
  std::string troubles;

  void add(const std::string& trouble) {
    if (trouble.empty()) return;
    if (!troubles.empty()) troubles += "; ";
    troubles += trouble;
  }
};

using Sides = std::map<std::string, std::map<std::string, Side>>;

Sides sides_of(const std::vector<Watched>& processes, const std::map<std::string, CommandsSide>& commands) {
  Sides sides;
  for (const auto& [service, told] : commands) sides[service]["commands"].add(told.trouble);
  for (const auto& process : processes) {
    auto& side = sides[process.service][process.side];
    const auto told = process.side == "commands" ? commands.find(process.service) : commands.end();
    const bool counts =
        told == commands.end() || (told->second.trouble.empty() && told->second.primary == process.node);
    side.served |= counts && process.trouble.empty();
    if (!process.trouble.empty()) side.add(process.name + ": " + process.trouble);
  }
  return sides;
}

}  // namespace

Health health_of(const std::vector<Watched>& processes, const std::map<std::string, CommandsSide>& commands) {
  Health health{true, {}};
  json::object told;
  for (const auto& [service, sides] : sides_of(processes, commands)) {
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
