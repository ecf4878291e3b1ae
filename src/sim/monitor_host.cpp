#include "sim/monitor_host.hpp"

#include <algorithm>
#include <utility>

namespace sportapp::simulator {

using watch::ServiceDriver;

namespace {

constexpr Us kMonitorRedial = 30 * kMs;

}  // namespace

MonitorHost::MonitorHost(std::vector<std::string> nodes, const Surroundings& world, Processes processes)
    : Host("monitor", world.timeline),
      nodes_(std::move(nodes)),
      world_(world),
      processes_(std::move(processes)),
      disk_(world.timeline, world.random) {
  world_.network.join(*this);
}

void MonitorHost::start() {
  if (process().up()) return;
  world_.trace(name(), "starts: epoch {}", record_.epoch.value);
  process().start();
  failover::Monitor::Options options;
  options.nodes = nodes_;
  options.run = world_.random.next();
  options.cold_ms = 500;
  options.fail_back_after_ms = world_.settings.fail_back_after_ms;
  options.fail_back_max_ms = 2000;
  auto saved = record_;
  saved.floor = loaded_floor();
  ServiceDriver::Outside& outside = *this;
  running_ = std::make_unique<Running>(
      Running{{std::move(options), std::move(saved), world_.settings.suspicion_ms, now_ms(), outside}});
  running_->tick_due_ms = now_ms();
  for (const auto& node : nodes_) world_.network.dial(*this, node, Purpose::kPing);
  tick();
}

void MonitorHost::end(const std::string& why) {
  if (!process().up()) return;
  world_.trace(name(), "ends: {}", why);
  world_.network.ended(*this);
  process().end();
  disk_.process_ended();
  running_.reset();
}

void MonitorHost::lose_record() {
  world_.trace(name(), "has lost its record");
  record_ = {};
  floor_ = {};
  record_lost_ = true;
  world_.checker.lost_record();
}

// As the file beside the record is read: of another record's floor nothing counts.
const Position& MonitorHost::loaded_floor() const {
  const bool newer = floor_.first == record_.epoch && floor_.second.seq > record_.floor.seq;
  return newer ? floor_.second : record_.floor;
}

// As Failover does, with one service.
void MonitorHost::tick() {
  const auto now = now_ms();
  const auto late = now - running_->tick_due_ms;
  const bool overslept = late > ServiceDriver::kLateMs;
  auto& driver = running_->driver;
  if (now >= driver.next_tick_ms() || overslept) driver.tick(now, overslept ? late : 0);
  running_->tick_due_ms = std::min(now + ServiceDriver::kPingMs, std::max(now + 1, driver.next_tick_ms()));
  process().after((running_->tick_due_ms - now) * kMs, [this] { tick(); });
}

void MonitorHost::dialled(const std::string& to, Purpose, std::optional<LinkId> link) {
  if (!link) return down(to, "does not answer");
  running_->connections[to] = *link;
  running_->driver.linked(now_ms(), to);
}

void MonitorHost::received(LinkId link, const std::string& bytes) {
  const auto node = node_of(link);
  if (!node.empty()) running_->driver.answered(now_ms(), node, failover::decode_echo(bytes).value());
}

void MonitorHost::broken(LinkId link) {
  const auto node = node_of(link);
  if (!node.empty()) down(node, "its connection broke");
}

void MonitorHost::down(const std::string& node, const std::string& why) {
  world_.trace(name(), "{} is not connected: {}", node, why);
  running_->connections.erase(node);
  process().after(kMonitorRedial, [this, node] { world_.network.dial(*this, node, Purpose::kPing); });
  running_->driver.unlinked(now_ms(), node, why);
}

std::string MonitorHost::node_of(LinkId link) const {
  for (const auto& [node, its_link] : running_->connections) {
    if (its_link == link) return node;
  }
  return {};
}

void MonitorHost::suspect(const std::string& node) {
  if (!process().up()) return;
  process().after(0, [this, node] {
    const auto connection = running_->connections.find(node);
    if (connection == running_->connections.end()) return;
    world_.network.hang_up(connection->second, *this);
    down(node, "a false suspicion");
  });
}

void MonitorHost::switch_over(const std::string& to) {
  if (!process().up()) return;
  process().after(0, [this, to] {
    const auto begun = running_->driver.switch_over(now_ms(), to);
    world_.trace(name(), "switchover to {} asked for: {}", to, begun ? "begins" : begun.error().what);
  });
}

void MonitorHost::send(const std::string& node, const failover::Ping& ping) {
  const auto connection = running_->connections.find(node);
  if (connection == running_->connections.end()) return;
  world_.network.send(connection->second, *this, failover::encode(ping));
}

void MonitorHost::save(const failover::Record& record) {
  disk_.write(
      process(),
      [this, record] {
        record_ = record;
        record_lost_ = false;
        world_.checker.recorded(record);
      },
      [this, epoch = record.epoch](bool written) {
        world_.trace(name(), "the record of epoch {} is {}on disk", epoch.value,
                     written ? "" : "perhaps not ");
        if (written) {
          running_->driver.saved(now_ms(), epoch);
        } else {
          running_->driver.not_saved(now_ms(), epoch);
        }
      });
}

bool MonitorHost::is_halted(const std::string& node) {
  return world_.settings.shows_halted && processes_.of(node).hung();
}

std::int64_t MonitorHost::patience(const std::string& node) const {
  const auto ended = running_->ended.find(node);
  return ended == running_->ended.end() ? 1 : ended->second.patience.times(now_ms());
}

// As HungProcesses does: of one process one end counts.
void MonitorHost::kill(const std::string& node, const std::string& why) {
  if (!processes_.kill) return;
  world_.trace(name(), "has {} killed: {}", node, why);
  const auto run = processes_.of(node).run();
  auto& ended = running_->ended[node];
  if (!is_halted(node) && std::exchange(ended.run, run) != run) ended.patience.ended(now_ms());
  processes_.kill(node);
}

void MonitorHost::note(const failover::MonitorEvent& event) {
  world_.trace(name(), "{} {}: {} (epoch {}, primary {}, {} in sync)", event.rule, event.what, event.cause,
               event.record.epoch.value, event.record.primary, event.record.in_sync.size());
}

void MonitorHost::note_floor(Epoch epoch, const Position& floor) {
  disk_.write(
      process(),
      [this, epoch, floor] {
        floor_ = {epoch, floor};
      },
      [this](bool written) { running_->driver.floor_noted(now_ms(), written); });
}

}  // namespace sportapp::simulator
