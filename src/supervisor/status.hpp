#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "supervisor/instance.hpp"

namespace sportapp::supervisor {

struct StatusRow {
  std::string name;
  std::string service;
  std::string side;
  std::string node;
  std::string role;  // as the process says it itself: primary, queries
  std::string
      state;  // the supervisor's word, or the process's own while it runs; failing: it does not answer
  pid_t pid = 0;
  std::uint16_t port = 0;
  int restarts = 0;
  std::string last_end;
  std::int64_t set_aside = 0;       // events that it could not take in or show
  std::int64_t open = 0;            // things begun and not ended, of a service that has such
  std::int64_t oldest_open_ms = 0;  // the age of the oldest of them
};

// Asks every process that runs; takes a second at most for each that hangs.
[[nodiscard]] std::vector<StatusRow> ask_status(const Instance& instance);

// {"processes":[...]}: the names in it are relied on by scripts.
[[nodiscard]] std::string status_json(const std::vector<StatusRow>& rows);
// A line a process; below them what waits for something.
[[nodiscard]] std::string status_table(const std::vector<StatusRow>& rows);

}  // namespace sportapp::supervisor
