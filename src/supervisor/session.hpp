// An instance while it runs: its processes, its readiness, its record on disk, its end.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "instance/layout.hpp"
#include "instance/settings.hpp"
#include "instance/topology.hpp"
#include "process/signals.hpp"
#include "supervisor/control_socket.hpp"
#include "supervisor/detach.hpp"
#include "supervisor/log_keeper.hpp"
#include "supervisor/pulse.hpp"
#include "supervisor/supervisor.hpp"

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
  void look_whether_ready();
  void ready();
  void fail(const std::string& why);
  void show_waiting(const std::string& health);
  void show_logs_of_late_ones() const;
  void keep_logs();
  void write_instance();
  void open_control();
  [[nodiscard]] Result<void> do_as_asked(const ControlRequest& request);
  void look_after_monitor();
  [[nodiscard]] std::string health() const;  // empty once it is 200
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
  std::int64_t started_ms_;
  std::int64_t shown_ms_;
  std::int64_t logs_checked_ms_ = 0;
  bool console_ = true;  // somebody watches
  bool ready_ = false;
  bool stopping_ = false;
  bool dirty_ = true;
  int exit_status_ = 0;
};

}  // namespace sportapp::supervisor
