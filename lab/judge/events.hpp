// What the monitor did, on the time of the load, and what it says about each fault.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "lab/judge/strikes.hpp"
#include "lab/judge/truth.hpp"

namespace sportapp::lab {

struct MonitorEvent {
  std::int64_t at_us = 0;  // since the load's start
  std::string service;
  std::string rule;  // M6
  std::string what;
  std::string cause;
  std::int64_t epoch = 0;
  std::string primary;
  std::vector<std::string> in_sync;
};

// From events.jsonl in the monitor's folder, and the older file beside it. `started_wall_us`: the wall clock
// at the load's start. None where there is no file.
[[nodiscard]] std::vector<MonitorEvent> read_events(const std::filesystem::path& monitor_folder,
                                                    std::int64_t started_wall_us);
// A line of `sportapp events --json`; nothing where it is none, as one that a crash cut.
[[nodiscard]] std::optional<MonitorEvent> event_of(const std::string& line, std::int64_t started_wall_us);

struct RoleSpan {
  std::string service;
  std::string node;
  std::string role;  // primary, spare, away
  std::int64_t from_us = 0;
  std::int64_t until_us = 0;
};
// As the monitor's records have them, from 0 to `end_us`.
[[nodiscard]] std::vector<RoleSpan> roles(const std::vector<MonitorEvent>& events, std::int64_t end_us);

// How long after a fault; nothing where the monitor did no such thing before the next fault to that service.
struct Recovery {
  int fault = 0;
  std::optional<std::int64_t> detect_us;     // until it promoted or dropped a node
  std::optional<std::int64_t> take_over_us;  // until the promoted one wrote its first entry
  std::optional<std::int64_t> redundant_us;  // until as many were in sync as before
};
[[nodiscard]] std::vector<Recovery> recoveries(const std::vector<MonitorEvent>& events,
                                               const Strikes& strikes,
                                               const std::vector<ServiceTruth>& truths,
                                               std::int64_t started_wall_us);

}  // namespace sportapp::lab
