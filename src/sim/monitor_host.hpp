// The monitor's process: drives watch::ServiceDriver as the monitor itself does, over the simulated network,
// and keeps the record and the floor on its disk.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/process/patience.hpp"
#include "ha/watch/service_driver.hpp"
#include "sim/node_host.hpp"

namespace sportapp::simulator {

class MonitorHost : public Host, private watch::ServiceDriver::Outside {
 public:
  // The nodes' processes, as the system and the supervisor show them to the monitor.
  struct Processes {
    std::function<const Process&(const std::string& node)> of;
    std::function<void(const std::string& node)> kill;  // and start again; none: it leaves them as they are
  };
  MonitorHost(std::vector<std::string> nodes, const Surroundings& world, Processes processes);

  void start();
  void end(const std::string& why);
  void hang() {
    world_.trace(name(), "hangs");
    process().hang();
  }
  void thaw() { process().thaw(); }
  void suspect(const std::string& node);  // its connection breaks at this end, though it may be alive
  void switch_over(const std::string& to);
  [[nodiscard]] Disk& disk() { return disk_; }
  [[nodiscard]] const failover::Record& record() const { return record_; }  // on disk
  // What a monitor that starts would know of it.
  [[nodiscard]] const Position& floor() const { return loaded_floor(); }
  [[nodiscard]] const failover::Monitor* monitor() const {
    return running_ ? &running_->driver.core() : nullptr;
  }
  void lose_record();                                              // while it is down
  [[nodiscard]] bool record_lost() const { return record_lost_; }  // and not rewritten since

  void accepted(LinkId, const std::string&, Purpose) override {}
  void dialled(const std::string& to, Purpose purpose, std::optional<LinkId> link) override;
  void received(LinkId link, const std::string& bytes) override;
  void broken(LinkId link) override;

 private:
  struct Ended {
    std::uint64_t run = 0;  // the last one, unless it was halted
    process::Patience patience;
  };
  struct Running {
    watch::ServiceDriver driver;
    std::map<std::string, LinkId> connections{};  // by node
    std::map<std::string, Ended> ended{};         // for its silence, by node
    std::int64_t tick_due_ms = 0;
  };

  void send(const std::string& node, const failover::Ping& ping) override;
  void save(const failover::Record& record) override;
  [[nodiscard]] bool is_halted(const std::string& node) override;
  [[nodiscard]] std::int64_t patience(const std::string& node) const override;
  void kill(const std::string& node, const std::string& why) override;
  void note(const failover::MonitorEvent& event) override;
  void note_floor(Epoch epoch, const Position& floor) override;

  void tick();
  void down(const std::string& node, const std::string& why);
  [[nodiscard]] std::string node_of(LinkId link) const;  // empty: of none
  [[nodiscard]] const Position& loaded_floor() const;
  [[nodiscard]] std::int64_t now_ms() const { return world_.timeline.now_ms(); }

  const std::vector<std::string> nodes_;
  Surroundings world_;
  const Processes processes_;
  Disk disk_;
  failover::Record record_;
  std::pair<Epoch, Position> floor_;  // beside it, of the record of that epoch
  bool record_lost_ = false;
  std::unique_ptr<Running> running_;
};

}  // namespace sportapp::simulator
