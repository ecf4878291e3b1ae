// One fault: brought about, and healed where there is something to heal.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "lab/agent/fault_agent.hpp"
#include "lab/fault/proxied_links.hpp"
#include "lab/fault/schedule.hpp"
#include "lab/fault/subject.hpp"

namespace sportapp::lab {

// What faults are made with. All of it outlives them.
struct FaultContext {
  Subject& subject;
  FaultAgent& agent;
  const ProxiedLinks& links;
  std::filesystem::path run;         // folder of the run: commands.log takes what commands say
  std::filesystem::path disk_table;  // with which the instance was started; empty: its disks cannot be broken
  // Sends a poison request of this kind now (crash, hang, memory), by the load, so that it stands in its log;
  // gives what was sent.
  std::function<Result<std::string>(const std::string& how)> poison;
};

struct FaultStart {
  std::int64_t at_us = 0;  // when it struck, or began to
  std::string what;
};

class Fault {
 public:
  using Now = std::function<std::int64_t()>;  // since the load's start
  virtual ~Fault() = default;

  // Resolves its target and brings it about. An error leaves nothing; Retry::kLater: it may go in a moment.
  [[nodiscard]] virtual Result<FaultStart> strike(const Now& now) = 0;
  // Takes it back; true when there was something to heal. Called once or never, after strike() was well.
  [[nodiscard]] virtual Result<bool> heal() { return false; }
  // Whether it is over by itself, and needs no healing; an error when it went wrong. Asked again and again.
  [[nodiscard]] virtual Result<bool> is_over() { return false; }
};

[[nodiscard]] std::unique_ptr<Fault> make_fault(const FaultPlan& plan, const FaultContext& context);

}  // namespace sportapp::lab
