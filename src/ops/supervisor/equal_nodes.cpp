#include "ops/supervisor/equal_nodes.hpp"

#include <fmt/format.h>

namespace sportapp::supervisor {
namespace {

std::string name_of(const ServiceView& service, const NodeView& node) {
  return fmt::format("{}-commands-{}", service.service, node.node);
}

// Empty where it holds what the primary does.
std::string what_it_lacks(const ServiceView& service, const NodeView& node, const NodeView* primary) {
  const auto name = name_of(service, node);
  if (!service.has_in_sync(node.node)) {
    return fmt::format(
        "{} is not in sync: it was last seen with {} entries{}{}", name, node.position,
        primary == nullptr ? "" : fmt::format(", {} with {}", name_of(service, *primary), primary->position),
        node.why.empty() ? "" : "; " + node.why);
  }
  if (primary == nullptr || !node.alive || node.position == primary->position) return {};
  return fmt::format("{} has {} entries, {} has {}", name, node.position, name_of(service, *primary),
                     primary->position);
}

}  // namespace

bool EqualNodes::look(const FailoverView& view, std::int64_t now_ms) {
  std::vector<std::int64_t> positions;
  bool may_change = false;
  behind_.clear();
  for (const auto& service : view.services) {
    const auto* primary = service.find(service.primary);
    for (const auto& node : service.nodes) {
      positions.push_back(node.position);
      if (service.epoch == 0) continue;
      const auto lack = what_it_lacks(service, node, primary);
      if (lack.empty()) continue;
      behind_.push_back(lack);
      may_change |= node.alive && node.able && primary != nullptr && primary->alive && service.serving;
    }
  }
  if (positions != positions_) changed_ms_ = now_ms;
  positions_ = std::move(positions);
  if (is_late(now_ms)) return true;
  return !may_change && now_ms - changed_ms_ >= kStillMs;
}

bool EqualNodes::look_without_view(std::int64_t now_ms) {
  return is_late(now_ms);
}

bool EqualNodes::is_late(std::int64_t now_ms) {
  if (!began_ms_) began_ms_ = now_ms;
  return now_ms - *began_ms_ >= kWaitMaxMs;
}

}  // namespace sportapp::supervisor
