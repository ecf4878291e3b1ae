// Keeps a set of processes alive, and ends them in order. All on one thread, which owns every child of this
// process: nothing else here may fork or wait.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/process/child.hpp"
#include "ops/instance/instance.hpp"
#include "ops/supervisor/restart_delay.hpp"

namespace sportapp::supervisor {

struct ProcessPlan {
  std::string name;
  process::Launch launch;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // runs once it listens there; 0: once it is started
  int stop_signal = 15;
  int stop_stage = 0;        // lower stages are ended first
  int stop_ms = 5000;        // then it is killed
  int restart_after_ms = 0;  // not sooner after an end that nobody asked for
};

// What becomes of a process that ended and was not asked to.
struct RestartRule {
  bool restart = true;  // false: it stays down until it is started on purpose
  int after_ms = 0;     // not sooner after its end
};

class Supervisor {
 public:
  struct View {
    std::string name;
    instance::ProcessState state = instance::ProcessState::kStopped;
    process::ProcessId id;  // pid 0 while there is none
    std::uint16_t port = 0;
    int restarts = 0;
    std::string last_end;             // how it ended last, or why it could not be started
    int quick_ends = 0;               // in a row, none of them after it ran
    int delay_ms = 0;                 // kRestarting: until it is started again
    std::int64_t state_since_ms = 0;  // monotonic
    std::string stopped_by;           // who stopped it on purpose: it stays down until it is started again
    std::int64_t stopped_ms = 0;      // since when, wall clock
  };
  using OnChange = std::function<void(const View&)>;

  // `clock` must outlive it. on_change is called within start, tick and stop, after each change of a state.
  Supervisor(std::vector<ProcessPlan> plans, const Clock& clock, OnChange on_change, RestartRule rule = {});
  ~Supervisor();  // kills what is left
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  void start();
  // Looks who ended, restarts and moves on; gives the time in which it wants to be called again, at most.
  // Call it also on SIGCHLD.
  int tick();
  // Begins the end; tick until stopped(). Nothing of a stage above `last_stage` is asked to end before a
  // later call names that stage.
  void stop(int last_stage = INT32_MAX);
  void kill();  // the end, at once

  // One of them, on purpose; each refuses a name that there is not, and while all of them end. They only
  // begin it: views() shows how it goes. Kills `pid`, if that still is the process's, and starts it again as
  // ever: for one that hangs.
  [[nodiscard]] Result<void> kill_one(const std::string& name, pid_t pid);
  [[nodiscard]] Result<void> stop_one(const std::string& name, const std::string& by);
  [[nodiscard]] Result<void> start_one(const std::string& name);    // one that is down
  [[nodiscard]] Result<void> restart_one(const std::string& name);  // asked to end first, as by stop_one
  [[nodiscard]] bool stopped() const;
  [[nodiscard]] std::vector<View> views() const;

 private:
  struct Child {
    ProcessPlan plan;
    View view;
    RestartDelay delay;
    pid_t group = 0;  // the last one started; 0 once nothing of it is left
    std::int64_t started_ms = 0;
    std::int64_t due_ms = 0;  // kRestarting: start; kStopping: kill
  };
  [[nodiscard]] Result<Child*> asked(const std::string& name);
  void start_now(Child& child);
  void reap();
  void ended(Child& child, int wait_status);
  void start(Child& child);
  void start_later(Child& child, const std::string& why, std::int64_t lived_ms);
  void advance(Child& child);
  void stop_child(Child& child);
  void stop_next_stage();
  void set_state(Child& child, instance::ProcessState state);
  [[nodiscard]] int wanted_ms(const Child& child) const;

  std::vector<Child> children_;
  const Clock& clock_;
  const RestartRule rule_;
  OnChange on_change_;
  bool stopping_ = false;
  int last_stage_ = INT32_MAX;  // that is to end
};

}  // namespace sportapp::supervisor
