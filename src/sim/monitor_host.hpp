// The monitor's process: drives failover::Monitor, pings, and keeps the record on its disk.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ha/failover/monitor.hpp"
#include "sim/node_host.hpp"

namespace sportapp::simulator {

class MonitorHost : public Host {
 public:
  MonitorHost(std::vector<std::string> nodes, const Surroundings& world);

  void start();
  void end(const std::string& why);
  void hang() {
    world_.trace(name(), "hangs");
    process().hang();
  }
  void thaw() { process().thaw(); }
  void suspect(const std::string& node);  // though it may be alive
  void switch_over(const std::string& to);
  [[nodiscard]] Disk& disk() { return disk_; }
  [[nodiscard]] const failover::Record& record() const { return record_; }  // on disk
  [[nodiscard]] const Position& floor() const { return floor_; }            // noted beside it
  [[nodiscard]] const failover::Monitor* monitor() const { return running_ ? &running_->monitor : nullptr; }
  void lose_record();                                              // while it is down
  [[nodiscard]] bool record_lost() const { return record_lost_; }  // and not rewritten since
  std::function<void(const std::string& node)> on_silent;          // so that somebody may end it

  void accepted(LinkId, const std::string&, Purpose) override {}
  void dialled(const std::string& to, Purpose purpose, std::optional<LinkId> link) override;
  void received(LinkId link, const std::string& bytes) override;
  void broken(LinkId link) override;

 private:
  struct Connection {
    LinkId link = 0;  // 0: none
    Us heard = 0;
    bool silent = false;
  };
  struct Running {
    failover::Monitor monitor;
    std::map<std::string, Connection> connections;
  };
  void ping();
  void lost(const std::string& node, const std::string& why);
  void look();
  void redial(const std::string& node);

  const std::vector<std::string> nodes_;
  Surroundings world_;
  Disk disk_;
  failover::Record record_;
  Position floor_;  // as noted beside it, which survives the end of the process
  bool record_lost_ = false;
  std::unique_ptr<Running> running_;
};

}  // namespace sportapp::simulator
