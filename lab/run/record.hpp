// What is known of a run beside its logs: run.json in its folder, by which it can be judged again.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "lab/judge/truth.hpp"
#include "lab/result/result.hpp"
#include "lab/scenario/scenario.hpp"

namespace sportapp::lab {

struct Growth {
  double at_s = 0;
  double memory_mib = 0;
  double journal_mib = 0;
};

struct RunRecord {
  Scenario scenario;
  std::uint64_t seed = 1;
  double duration_s = 0;           // as it was asked for
  std::optional<Tactics> tactics;  // nothing: of a backend that is not ours
  std::string label;               // of its column in a report
  std::string subject = "sportapp";
  std::optional<ForeignBackend> backend{};
  std::int64_t started_wall_us = 0;  // the wall clock at the load's start
  std::int64_t load_us = 0;          // from the load's start until it was stopped
  std::int64_t watched_us = 0;       // until the instance was asked to end: what it then does is no failover
  int planned = 0;                   // faults
  result::Machine machine{};
  std::vector<std::string> troubles{};        // what did not go as planned
  std::optional<double> redundant_after_s{};  // after the time for faults; nothing: it was not
  std::vector<Growth> growth{};
  std::string repeat{};  // the command that does the same again

  // Whether it had the tactics that its scenario is for.
  [[nodiscard]] bool is_as_meant() const { return !tactics || tactics->level == scenario.level; }
};

// The scenario's text goes beside it, as scenario.toml.
[[nodiscard]] Result<void> write_record(const std::filesystem::path& run, const RunRecord& record);
[[nodiscard]] Result<RunRecord> read_record(const std::filesystem::path& run);

// Processor, cores, memory, kernel and load of this machine.
[[nodiscard]] result::Machine this_machine();
// "2026-11-25T15:44:00Z"
[[nodiscard]] std::string utc(std::int64_t wall_us);

}  // namespace sportapp::lab
