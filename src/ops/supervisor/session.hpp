// An instance while it runs: its processes, its record on disk, its end. session_start.cpp has how it becomes
// ready.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/process/signals.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/settings.hpp"
#include "ops/instance/topology.hpp"
#include "ops/supervisor/control_socket.hpp"
#include "ops/supervisor/detach.hpp"
#include "ops/supervisor/equal_nodes.hpp"
#include "ops/supervisor/log_keeper.hpp"
#include "ops/supervisor/pulse.hpp"
#include "ops/supervisor/serving.hpp"
#include "ops/supervisor/supervisor.hpp"

namespace sportapp::supervisor {

class Session {
 public:
  struct Start {
    instance::Layout layout;
    instance::Settings settings;
    std::vector<instance::Member> members;  // with ports
    std::vector<ProcessPlan> plans;
    int ready_s = 60;
  };
  // `detach` and `clock` must outlive it.
  Session(Start start, Detach& detach, const Clock& clock);
  // Until every process is gone; gives the exit status.
  [[nodiscard]] int run();

 private:
  void changed(const Supervisor::View& view);
  void handle(int signal);
  void look_whether_equal();
  void look_whether_ready();
  [[nodiscard]] bool does_not_start();
  void ready(const std::vector<std::string>& notes);
  void partly_ready(const std::vector<std::string>& missing);
  void let_go(int exit_status);
  void fail(const std::string& why);
  void show_waiting(const std::string& missing);
  // Whether `now` was true at each look of the last `for_ms`; `since_ms` keeps since when.
  [[nodiscard]] bool has_lasted(bool now, std::int64_t& since_ms, std::int64_t for_ms);
  [[nodiscard]] std::vector<std::string> who_does_not_run(bool late) const;
  void show_logs_of_late_ones() const;
  void look_after_record();
  void keep_logs();
  void write_instance();
  void open_control();
  [[nodiscard]] Result<void> do_as_asked(const ControlRequest& request);
  void look_after_monitor();
  [[nodiscard]] Supervisor::View view_of(const std::string& name) const;

  Start start_;
  Detach& detach_;
  const Clock& clock_;
  process::Signals signals_;
  instance::Instance instance_;
  LogKeeper log_keeper_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<ControlSocket> control_;  // nothing where it could not be opened
  Pulse monitor_pulse_;
  EqualNodes equal_nodes_;
  std::int64_t started_ms_;
  std::int64_t shown_ms_;
  std::int64_t served_ms_ = 0;   // since when everything is served
  std::int64_t waiting_ms_ = 0;  // since when all that is missing waits for a person
  std::string shown_;            // what is waited for, as it was shown last
  std::int64_t logs_checked_ms_ = 0;
  bool console_ = true;  // somebody watches
  bool ready_ = false;
  bool stopping_ = false;
  bool equalizing_ = false;  // the gateway ends; the rest once its nodes are equal
  bool dirty_ = true;
  int exit_status_ = 0;
};

}  // namespace sportapp::supervisor
