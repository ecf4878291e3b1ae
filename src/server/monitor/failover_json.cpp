#include "server/monitor/failover_json.hpp"

#include <fmt/format.h>

#include <utility>

namespace sportapp::monitor {
namespace {

namespace json = boost::json;
using failover::Monitor;

json::object node_json(const std::string& node, const watch::ServiceDriver& driver, std::int64_t now_ms) {
  const auto& view = driver.core().node(node);
  const auto& report = view.report;
  return {{"node", node},
          {"alive", view.alive()},
          {"why_lost", view.why_lost},
          {"role", report.run == 0 ? "" : failover::to_string(report.role)},
          {"epoch", report.epoch.value},
          {"promise", report.promise.value},
          {"position", report.head.seq.value},
          {"able", report.able},
          {"why", report.why},
          {"damaged", report.damage != failover::Damage::kNone},
          {"silent_ms", driver.silent_ms(now_ms, node)}};
}

}  // namespace

json::object to_json(const std::string& service, const watch::ServiceDriver& driver, std::int64_t now_ms) {
  const auto& core = driver.core();
  const auto& record = core.record();
  json::array in_sync, nodes;
  for (const auto& member : record.in_sync) in_sync.emplace_back(member.node);
  for (const auto& node : core.nodes()) nodes.push_back(node_json(node, driver, now_ms));
  json::value switchover = nullptr;
  if (!core.successor().empty()) switchover = json::object{{"to", core.successor()}};
  return {
      {"floor", core.floor().seq.value}, {"service", service},        {"epoch", record.epoch.value},
      {"primary", record.primary},       {"serving", core.serving()}, {"in_sync", std::move(in_sync)},
      {"alarm", core.alarm()},           {"nodes", std::move(nodes)}, {"switchover", std::move(switchover)}};
}

std::string trouble_of(const Monitor& core) {
  if (core.serving()) return {};
  if (!core.alarm().empty()) return core.alarm();
  if (core.record().epoch == Epoch{}) return "no primary yet: not every node was heard";
  const auto& primary = core.record().primary;
  const auto& view = core.node(primary);
  return fmt::format("{} is to be primary: {}", primary,
                     view.why_lost.empty() ? "it does not act as such yet" : view.why_lost);
}

}  // namespace sportapp::monitor
