#include "ops/supervisor/failover_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_reading.hpp"
#include "ops/instance/internal_client.hpp"

namespace sportapp::supervisor {
namespace {

namespace json = boost::json;
constexpr int kViewMs = 1500;

NodeView node_from(const json::object& object) {
  const auto* able = object.if_contains("able");
  return {text_at(object, "node"),
          object.at("alive").as_bool(),
          text_at(object, "role"),
          number_at(object, "position"),
          able == nullptr || able->as_bool(),
          object.contains("why") ? text_at(object, "why") : ""};
}

ServiceView service_from(const json::object& object) {
  ServiceView service;
  service.service = text_at(object, "service");
  service.epoch = number_at(object, "epoch");
  service.primary = text_at(object, "primary");
  service.serving = object.at("serving").as_bool();
  service.alarm = text_at(object, "alarm");
  for (const auto& node : object.at("in_sync").as_array()) service.in_sync.emplace_back(node.as_string());
  for (const auto& node : object.at("nodes").as_array()) service.nodes.push_back(node_from(node.as_object()));
  if (const auto* under_way = object.at("switchover").if_object()) {
    service.switchover = text_at(*under_way, "to");
  }
  return service;
}

template <class Is>
const instance::InstanceProcess* find_where(const instance::Instance& instance, const Is& is) {
  const auto found = std::find_if(instance.processes.begin(), instance.processes.end(), is);
  return found == instance.processes.end() ? nullptr : &*found;
}

}  // namespace

bool ServiceView::has_in_sync(std::string_view node) const {
  return std::find(in_sync.begin(), in_sync.end(), node) != in_sync.end();
}

const NodeView* ServiceView::find(std::string_view node) const {
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [&](const NodeView& one) { return one.node == node; });
  return found == nodes.end() ? nullptr : &*found;
}

const ServiceView* FailoverView::find(std::string_view service) const {
  const auto found = std::find_if(services.begin(), services.end(),
                                  [&](const ServiceView& one) { return one.service == service; });
  return found == services.end() ? nullptr : &*found;
}

Result<FailoverView> read_failover_view(std::string_view text) {
  try {
    const auto said = json::parse(json::string_view(text.data(), text.size()));
    FailoverView view;
    view.suspicions = said.at("suspicions").to_number<std::int64_t>();
    view.false_alarms = said.at("false_alarms").to_number<std::int64_t>();
    for (const auto& service : said.at("services").as_array()) {
      view.services.push_back(service_from(service.as_object()));
    }
    return view;
  } catch (const std::exception& failed) {
    return Error{Retry::kNever, fmt::format("the monitor's answer is not understood: {}", failed.what())};
  }
}

Result<FailoverView> ask_failover(const instance::Instance& instance) {
  const auto* monitor = find_process(instance, "monitor");
  if (monitor == nullptr) return Error{Retry::kNever, "the instance has no monitor"};
  instance::InternalClient client(instance, *monitor, kViewMs);
  const auto answer = client.get("/internal/failover");
  if (!answer) return Error{Retry::kLater, "the monitor cannot be asked: " + answer.error().what};
  if (answer->status != 200) {
    return Error{Retry::kLater, fmt::format("the monitor answers {} {}", answer->status, answer->body)};
  }
  return read_failover_view(answer->body);
}

const instance::InstanceProcess* find_process(const instance::Instance& instance, std::string_view name) {
  return find_where(instance, [&](const instance::InstanceProcess& process) { return process.name == name; });
}

const instance::InstanceProcess* find_node(const instance::Instance& instance, std::string_view service,
                                           std::string_view node) {
  return find_where(instance, [&](const instance::InstanceProcess& process) {
    return process.service == service && process.side == "commands" && process.node == node;
  });
}

}  // namespace sportapp::supervisor
