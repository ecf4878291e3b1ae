// A node's process: the real driver of a node and the real journal over the simulated network and disk, and
// what takes requests.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ha/node/node_driver.hpp"
#include "sim/network.hpp"
#include "sim/reception.hpp"
#include "sim/settings.hpp"
#include "sim/sim_journal.hpp"

namespace sportapp::simulator {

// What all hosts share.
struct Surroundings {
  Timeline& timeline;
  Random& random;
  Trace& trace;
  Network& network;
  Checker& checker;
  const Settings& settings;
};

class NodeHost : public Host, private replication::Log {
 public:
  NodeHost(std::string name, std::vector<std::string> others, const Surroundings& world);
  ~NodeHost() override;

  void start();
  void end(const std::string& why);
  void hang();
  void thaw();
  void keep_down(bool down) { kept_down_ = down; }  // start() does nothing
  void lose_disk();                                 // while it is down
  // Its disk gives back something else than was written; while it is down.
  void change_files(const std::string& how, const std::function<void(NodeFiles&)>& change);
  void jump_clock(std::int64_t ms) { clock_off_ms_ += ms; }
  // Stops its work in one thread only: what the process itself notices.
  void stall(const std::string& why);

  [[nodiscard]] const NodeFiles& files() const { return files_; }
  [[nodiscard]] Disk& disk() { return disk_; }
  [[nodiscard]] const replication::Replica* replica() const;
  [[nodiscard]] std::string describe() const;  // for a trace

  void accepted(LinkId link, const std::string& from, Purpose purpose) override;
  void dialled(const std::string& to, Purpose purpose, std::optional<LinkId> link) override;
  void received(LinkId link, const std::string& bytes) override;
  void broken(LinkId link) override;

 private:
  struct Running;
  Result<std::optional<Hash>> hash_at(Seq seq) override;
  Result<std::vector<journal::Entry>> read(Seq after, std::size_t bytes_max) override;
  replication::Settled settled() override { return files_.mark.settled; }

  void tick();
  [[nodiscard]] node::Options options() const;
  [[nodiscard]] SimJournal::Owner journal_owner();
  [[nodiscard]] Reception::Owner reception_owner();
  void make_driver();
  void released();
  void show_role();

  const std::vector<std::string> others_;
  Surroundings world_;
  Disk disk_;
  NodeFiles files_;
  std::int64_t clock_off_ms_ = 0;
  bool kept_down_ = false;
  std::unique_ptr<Running> running_;  // none: the process is down
};

}  // namespace sportapp::simulator
