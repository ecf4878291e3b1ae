#include "lab/instance/whereabouts.hpp"

#include <fmt/format.h>

#include "ops/supervisor/status.hpp"

namespace sportapp::lab {
namespace {

using instance::InstanceProcess;
using Who = Target::Who;

std::vector<const InstanceProcess*> nodes_of(const instance::Instance& instance, const std::string& service) {
  std::vector<const InstanceProcess*> nodes;
  for (const auto& process : instance.processes) {
    if (process.service == service && process.side == "commands") nodes.push_back(&process);
  }
  return nodes;
}

// What the monitor says counts; without it, what the nodes say themselves.
Result<std::string> primary_of(const instance::Instance& instance, const std::string& service) {
  if (const auto view = supervisor::ask_failover(instance)) {
    const auto* found = view->find(service);
    if (found != nullptr && !found->primary.empty()) return found->primary;
  } else {
    for (const auto& row : supervisor::ask_status(instance).rows) {
      if (row.service == service && row.side == "commands" && row.role == "primary") return row.node;
    }
  }
  return Error{Retry::kLater, fmt::format("{} has no primary just now", service)};
}

Result<std::vector<std::string>> spare_of(const instance::Instance& instance, const std::string& service) {
  const auto nodes = nodes_of(instance, service);
  if (nodes.size() < 2) return Error{Retry::kNever, service + " has no spare in this instance"};
  const auto primary = primary_of(instance, service);
  if (!primary) return primary.error();
  const auto view = supervisor::ask_failover(instance);
  const auto* found = view ? view->find(service) : nullptr;
  for (const auto* node : nodes) {
    if (node->node == *primary || node->id.pid == 0) continue;
    if (found == nullptr || found->has_in_sync(node->node)) return std::vector{node->name};
  }
  return Error{Retry::kLater, fmt::format("no spare of {} is in sync just now", service)};
}

std::vector<std::string> queries_of(const instance::Instance& instance, const Target& target) {
  std::vector<std::string> names;
  for (const auto& process : instance.processes) {
    const bool wanted = target.node.empty() || process.node == target.node;
    if (process.service == target.service && process.side == "queries" && wanted)
      names.push_back(process.name);
  }
  return names;
}

}  // namespace

Result<std::vector<std::string>> processes_of(const Target& target, const instance::Instance& instance) {
  switch (target.who) {
    case Who::kMonitor:
      return std::vector<std::string>{"monitor"};
    case Who::kRedis:
      return std::vector<std::string>{"redis"};
    case Who::kGateway:
      return std::vector<std::string>{"gateway"};
    case Who::kQueries:
      return queries_of(instance, target);
    case Who::kBoth: {
      std::vector<std::string> names;
      for (const auto* node : nodes_of(instance, target.service)) names.push_back(node->name);
      return names;
    }
    case Who::kSpare:
      return spare_of(instance, target.service);
    case Who::kPrimary:
    case Who::kNode: {
      const auto node =
          target.who == Who::kNode ? Result<std::string>(target.node) : primary_of(instance, target.service);
      if (!node) return node.error();
      const auto* process = supervisor::find_node(instance, target.service, *node);
      if (process != nullptr) return std::vector{process->name};
      return Error{Retry::kNever, fmt::format("{} has no node {} in this instance", target.service, *node)};
    }
  }
  return std::vector<std::string>{};
}

}  // namespace sportapp::lab
