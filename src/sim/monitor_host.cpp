#include "sim/monitor_host.hpp"

#include <utility>

namespace sportapp::simulator {
namespace {

constexpr Us kMonitorRedial = 30 * kMs;

}  // namespace

MonitorHost::MonitorHost(std::vector<std::string> nodes, const Surroundings& world)
    : Host("monitor", world.timeline),
      nodes_(std::move(nodes)),
      world_(world),
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
  if (floor_.seq > saved.floor.seq && saved.epoch != Epoch{}) saved.floor = floor_;
  running_ = std::make_unique<Running>(Running{{options, saved, world_.timeline.now_ms()}, {}});
  for (const auto& node : nodes_) world_.network.dial(*this, node, Purpose::kPing);
  ping();
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

void MonitorHost::ping() {
  const auto now = world_.timeline.now_us();
  for (auto& [node, connection] : running_->connections) {
    if (connection.link == 0) continue;
    if (now - connection.heard > world_.settings.silent_after && !std::exchange(connection.silent, true)) {
      lost(node, "silent");
      if (on_silent) on_silent(node);
    }
    world_.network.send(connection.link, *this, failover::encode(running_->monitor.ping(node)));
  }
  running_->monitor.tick(world_.timeline.now_ms());
  floor_ = running_->monitor.floor();
  look();
  process().after(world_.settings.ping_every, [this] { ping(); });
}

void MonitorHost::dialled(const std::string& to, Purpose, std::optional<LinkId> link) {
  if (!link) {
    lost(to, "does not answer");
    return redial(to);
  }
  running_->connections[to] = {*link, world_.timeline.now_us(), false};
}

void MonitorHost::received(LinkId link, const std::string& bytes) {
  for (auto& [node, connection] : running_->connections) {
    if (connection.link != link) continue;
    connection.heard = world_.timeline.now_us();
    connection.silent = false;
    running_->monitor.echoed(world_.timeline.now_ms(), node, failover::decode_echo(bytes).value());
  }
  look();
}

void MonitorHost::broken(LinkId link) {
  for (auto& [node, connection] : running_->connections) {
    if (connection.link != link) continue;
    connection.link = 0;
    lost(node, "its connection broke");
    redial(node);
  }
}

void MonitorHost::redial(const std::string& node) {
  process().after(kMonitorRedial, [this, node] { world_.network.dial(*this, node, Purpose::kPing); });
}

void MonitorHost::suspect(const std::string& node) {
  if (!process().up()) return;
  process().after(0, [this, node] { lost(node, "a false suspicion"); });
}

void MonitorHost::lost(const std::string& node, const std::string& why) {
  world_.trace(name(), "{} is lost: {}", node, why);
  running_->monitor.lost(world_.timeline.now_ms(), node, why);
  look();
}

void MonitorHost::switch_over(const std::string& to) {
  if (!process().up()) return;
  process().after(0, [this, to] {
    const auto begun = running_->monitor.switch_over(world_.timeline.now_ms(), to);
    world_.trace(name(), "switchover to {} asked for: {}", to, begun ? "begins" : begun.error().what);
    look();
  });
}

// Carries out what the core asks for.
void MonitorHost::look() {
  for (const auto& event : running_->monitor.take_events()) {
    world_.trace(name(), "{} {}: {} (epoch {}, primary {}, {} in sync)", event.rule, event.what, event.cause,
                 event.record.epoch.value, event.record.primary, event.record.in_sync.size());
  }
  auto record = running_->monitor.record_to_save();
  if (!record) return;
  disk_.write(
      process(),
      [this, record = *record] {
        record_ = record;
        record_lost_ = false;
        world_.checker.recorded(record);
      },
      [this, epoch = record->epoch](bool written) {
        const auto now = world_.timeline.now_ms();
        world_.trace(name(), "the record of epoch {} is {}on disk", epoch.value,
                     written ? "" : "perhaps not ");
        if (written) {
          running_->monitor.saved(now, epoch);
          look();
        } else {
          process().after(kMonitorRedial, [this, epoch] {
            running_->monitor.save_failed(world_.timeline.now_ms(), epoch);
            look();
          });
        }
      });
}

}  // namespace sportapp::simulator
