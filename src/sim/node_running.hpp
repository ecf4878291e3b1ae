// What a node's process has in memory.
#pragma once
#include "sim/node_host.hpp"
#include "sim/node_links.hpp"
#include "sim/sim_node_disk.hpp"

namespace sportapp::simulator {

class SimClock final : public Clock {
 public:
  SimClock(const Timeline& timeline, const std::int64_t& off_ms) : timeline_(timeline), off_ms_(off_ms) {}
  [[nodiscard]] std::int64_t wall_ms() const override { return timeline_.now_ms() + off_ms_; }
  [[nodiscard]] std::int64_t monotonic_ms() const override { return timeline_.now_ms(); }

 private:
  const Timeline& timeline_;
  const std::int64_t& off_ms_;
};

struct NodeHost::Running {
  Running(NodeHost& host, node::Options own, NodeLinks::Handler handler)
      : clock(host.world_.timeline, host.clock_off_ms_),
        options(std::move(own)),
        journal(host.process(), host.disk_, host.files_, clock, host.world_.settings.hop),
        links(host, host.world_.network, host.world_.settings.hop, std::move(handler)),
        disk({host.name(), host.process(), host.disk_, host.files_, journal.files(), host.world_.timeline,
              host.world_.random, host.world_.trace, host.world_.checker}) {}

  const SimClock clock;
  const node::Options options;
  SimJournal journal;
  NodeLinks links;
  SimNodeDisk disk;
  std::unique_ptr<node::NodeDriver> driver;
  std::unique_ptr<Reception> reception;
  std::map<LinkId, bool> requests;  // links of requests, and whether another dialled them
  journal::SharedEntries open;      // the batch that was decided last
  Checker::Known known;             // when the batch at the gate was decided
  std::string shown;                // who was primary, when last looked at
};

}  // namespace sportapp::simulator
