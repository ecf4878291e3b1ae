// Who is primary, as the monitor tells it: GET /internal/failover.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ops/instance/instance.hpp"

namespace sportapp::supervisor {

struct NodeView {
  std::string node;
  bool alive = false;
  std::string role;  // primary, spare, waiting, draining: its last word
  std::int64_t position = 0;
  bool able = true;   // as it says itself
  std::string why{};  // why it is not, or fails though it is
};

struct ServiceView {
  std::string service;
  std::int64_t epoch = 0;  // 0: there is no record yet
  std::string primary;
  bool serving = false;              // the primary takes commands
  std::vector<std::string> in_sync;  // each holds every acknowledged entry
  std::string switchover;            // to which node one is under way; empty: none
  std::string alarm;                 // what only a person can mend; empty: nothing
  std::vector<NodeView> nodes;

  [[nodiscard]] bool has_in_sync(std::string_view node) const;
  [[nodiscard]] const NodeView* find(std::string_view node) const;  // nothing where it has no such node
};

struct FailoverView {
  std::vector<ServiceView> services;  // those with a spare or more, or at least a link
  std::int64_t suspicions = 0;
  std::int64_t false_alarms = 0;

  [[nodiscard]] const ServiceView* find(std::string_view service) const;
};

[[nodiscard]] Result<FailoverView> read_failover_view(std::string_view json);
// Takes a second or two at most.
[[nodiscard]] Result<FailoverView> ask_failover(const instance::Instance& instance);

// The process of that name, or of that service's node; nothing where there is none.
[[nodiscard]] const instance::InstanceProcess* find_process(const instance::Instance& instance,
                                                            std::string_view name);
[[nodiscard]] const instance::InstanceProcess* find_node(const instance::Instance& instance,
                                                         std::string_view service, std::string_view node);

}  // namespace sportapp::supervisor
