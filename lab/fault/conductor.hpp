// Brings the faults of a schedule about, each at its time, and heals them.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lab/fault/fault.hpp"
#include "lab/fault/fault_log.hpp"
#include "lab/fault/schedule.hpp"

namespace sportapp::lab {

class Conductor {
 public:
  struct Bounds {
    std::int64_t end_us = 0;  // since the load's start: nothing strikes later, and what lasts is healed then
    std::int64_t redundant_within_ms = 60'000;  // waited for before a fault that asks for it
    std::int64_t target_within_ms = 5'000;      // waited for a target that is not there just now
  };
  struct Outcome {
    std::vector<InjectedFault> struck;  // in the order in which they struck
    std::vector<std::string>
        troubles;  // what did not go as planned: a fault that was not struck, or not healed
  };
  // Called on each fault that strikes and on each that is healed, as in the log.
  using OnChange = std::function<void(const InjectedFault&)>;

  // `now`: since the load's start, of the monotonic clock. `log` and `context` outlive it.
  Conductor(std::vector<FaultPlan> schedule, const FaultContext& context, FaultLog& log, Fault::Now now,
            const Bounds& bounds, OnChange on_change);

  // Until every fault has struck and none lasts, the end has come, or it is asked to stop; then everything is
  // healed.
  [[nodiscard]] Outcome run(const std::stop_token& stop);

 private:
  struct Active {
    InjectedFault struck;
    std::unique_ptr<Fault> fault;
    std::optional<std::int64_t> heal_us;  // when it is to be healed; nothing: at the end
    bool ends = false;                    // by itself
  };
  // Waits until then, and heals meanwhile what is due; false when it is to stop or the end has come.
  [[nodiscard]] bool wait_until(std::int64_t at_us);
  [[nodiscard]] bool wait_for_redundancy(const FaultPlan& plan);
  void strike(const FaultPlan& plan);
  void struck(const FaultPlan& plan, FaultStart start, std::unique_ptr<Fault> fault);
  // Whether any is left that is not over: what nobody heals before lasts until the end.
  [[nodiscard]] bool anything_lasts() const;
  void look_after();
  void heal(Active& active);
  void heal_everything();
  void note(const InjectedFault& struck);
  void trouble(const FaultPlan& plan, const std::string& what);
  void pause(std::int64_t us);

  const std::vector<FaultPlan> schedule_;
  const FaultContext context_;
  FaultLog& log_;
  const Fault::Now now_;
  const Bounds bounds_;
  const OnChange on_change_;
  std::stop_token stop_;
  std::vector<Active> active_;
  Outcome outcome_;
  std::mutex mutex_;
  std::condition_variable_any never_;  // waited for with a time
};

}  // namespace sportapp::lab
