// The ways between the processes of an instance that a schedule will cut: each led through the healer from
// the start on.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "lab/fault/schedule.hpp"
#include "lab/healer/healer.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/topology.hpp"

namespace sportapp::lab {

struct LinkWay {
  std::string dials;       // users-commands-a
  std::string listens;     // users-commands-b
  std::uint16_t port = 0;  // of the proxy
};

class LinkWays {
 public:
  LinkWays() = default;  // none
  // Before the instance is started with `up --lab`: writes DATA/run/detours.json, which that reads. Only what
  // the schedule's cuts may hit goes through a proxy, whoever is primary then; without a cut, nothing does,
  // and the file of an earlier run is removed. `members`: the topology that the instance will have.
  [[nodiscard]] static Result<LinkWays> open(Healer& healer, const instance::Layout& layout,
                                             const std::vector<FaultPlan>& schedule,
                                             const std::vector<instance::Member>& members);

  // The ways between two processes, whoever of them dials. An error where none was led through a proxy.
  [[nodiscard]] Result<std::vector<LinkWay>> between(std::string_view one, std::string_view other) const;
  [[nodiscard]] const std::vector<LinkWay>& all() const { return ways_; }

 private:
  std::vector<LinkWay> ways_;
};

}  // namespace sportapp::lab
