// The links between the processes of an instance that a schedule will cut: each led through the fault agent
// from the start on.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "lab/agent/fault_agent.hpp"
#include "lab/fault/schedule.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/topology.hpp"

namespace sportapp::lab {

struct ProxiedLink {
  std::string dials;       // users-commands-a
  std::string listens;     // users-commands-b
  std::uint16_t port = 0;  // of the proxy
};

class ProxiedLinks {
 public:
  ProxiedLinks() = default;  // none
  // Before the instance is started with `experiment up`: writes DATA/run/detours.json, which that reads. Only
  // what the schedule's cuts may hit goes through a proxy, whoever is primary then; without a cut, nothing
  // does, and the file of an earlier run is removed. `members`: the topology that the instance will have.
  [[nodiscard]] static Result<ProxiedLinks> open(FaultAgent& agent, const instance::Layout& layout,
                                                 const std::vector<FaultPlan>& schedule,
                                                 const std::vector<instance::Member>& members);

  // The links between two processes, whoever of them dials. An error where none was led through a proxy.
  [[nodiscard]] Result<std::vector<ProxiedLink>> between(std::string_view one, std::string_view other) const;
  [[nodiscard]] const std::vector<ProxiedLink>& all() const { return links_; }

 private:
  std::vector<ProxiedLink> links_;
};

}  // namespace sportapp::lab
