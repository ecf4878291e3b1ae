// The monitor's part in failover, at work: links to the nodes of every commands service, the record on disk,
// the log of what was done, and what hangs ended.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "server/monitor/config.hpp"
#include "server/monitor/failover_log.hpp"
#include "server/monitor/health.hpp"
#include "server/monitor/hung_processes.hpp"

namespace sportapp::monitor {

struct FailoverTotals {
  std::int64_t suspicions = 0, false_alarms = 0, promotions = 0;
};

class Failover {
 public:
  // Reads key, record and log: an error where one of them cannot be used. `hung` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Failover>> open(const Config& config, HungProcesses& hung);
  ~Failover();
  void start();

  // Any thread.
  [[nodiscard]] std::string status_json() const;                    // as GET /internal/failover answers
  [[nodiscard]] std::map<std::string, CommandsSide> sides() const;  // by service
  [[nodiscard]] FailoverTotals totals() const;
  [[nodiscard]] const FailoverLog& log() const;

  using Done = std::function<void(Result<void>)>;  // called once, on a thread of this
  // Any thread; they are begun when `done` gets no error. An empty `to`: whichever spare is in sync.
  void switch_over(const std::string& service, const std::string& to, Done done);
  void force(const std::string& service, const std::string& node, Done done);

 private:
  struct Impl;
  explicit Failover(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::monitor
