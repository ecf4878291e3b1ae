#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ops/instance/instance.hpp"
#include "ops/supervisor/failover_view.hpp"

namespace sportapp::supervisor {

struct StatusRow {
  std::string name;
  std::string service;
  std::string side;
  std::string node;
  std::string role;  // as the process says it itself: primary, spare, waiting, draining, queries
  std::string
      state;  // the supervisor's word, or the process's own while it runs; failing: it does not answer
  pid_t pid = 0;
  std::uint16_t port = 0;
  int restarts = 0;
  std::string last_end;
  std::int64_t set_aside = 0;       // events that it could not take in or show
  std::int64_t open = 0;            // things begun and not ended, of a service that has such
  std::int64_t oldest_open_ms = 0;  // the age of the oldest of them
  std::int64_t epoch = 0;           // of a commands node: under which it is primary or follows one
  bool in_sync = false;             // of a commands node: it holds every acknowledged entry
  std::string stopped_by;           // who stopped it on purpose
  std::int64_t stopped_ms = 0;      // since when, wall clock
  std::int64_t quarantined = 0;     // requests that ended a process, and are executed no more
  std::string host;
  std::int64_t base = 0;  // of a commands node: its journal's entries up to it were deleted by retention
  std::string trouble;    // what it cannot do, and why
};

struct Status {
  std::vector<StatusRow> rows;
  FailoverView failover;
  std::string trouble;  // why the monitor tells nothing; empty: it does
};

// Asks every process that runs; takes a second or two at most for each that hangs.
[[nodiscard]] Status ask_status(const instance::Instance& instance);

// {"processes":[...]}: the names in it are relied on by scripts.
[[nodiscard]] std::string status_json(const Status& status);
// A line a process; below them who is primary, and what waits for something.
[[nodiscard]] std::string status_table(const Status& status);

}  // namespace sportapp::supervisor
