#include "sim/faults.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

namespace sportapp::simulator {
namespace {

constexpr Us kOldUs = 300 * kMs;
constexpr Us kRestartLeast = 5 * kMs, kRestartMost = 300 * kMs;

}  // namespace

void Faults::run() {
  auto& timeline = world_.timeline();
  const auto& settings = world_.settings();
  const auto until = timeline.now_us() + settings.fire;
  const auto total = std::accumulate(settings.weights.begin(), settings.weights.end(), std::int64_t{0});
  int left = settings.faults_max;
  while (timeline.now_us() < until) {
    world_.run_for(world_.random().between(1, 2 * settings.fault_every));
    keep_copies();
    if (total > 0 && left-- > 0) one();
  }
  over_ = true;
}

void Faults::one() {
  const auto& weights = world_.settings().weights;
  auto drawn = world_.random().below(std::accumulate(weights.begin(), weights.end(), std::int64_t{0}));
  std::size_t kind = 0;
  while (drawn >= weights[kind]) drawn -= weights[kind++];
  const auto fault = static_cast<Fault>(kind);
  if (fault <= Fault::kLongHang || fault == Fault::kSuspicion) {
    of_a_node(fault);
  } else if (fault >= Fault::kCutOneWay && fault <= Fault::kBadPings) {
    of_the_network(fault);
  } else if (fault >= Fault::kSlowDisk && fault <= Fault::kMonitorDisk) {
    of_a_disk(fault);
  } else if (fault >= Fault::kLostTail) {
    of_files(fault);
  } else {
    of_the_rest(fault);
  }
}

void Faults::of_a_node(Fault fault) {
  auto& random = world_.random();
  const auto node = any_node();
  switch (fault) {
    case Fault::kCrashBoth:
      for (const auto& name : world_.names()) {
        later(random.below(100 * kMs),
              [this, name] { crash(name, world_.random().between(kRestartLeast, kRestartMost)); });
      }
      break;
    case Fault::kCrashWithMonitor:
      crash(node, random.between(kRestartLeast, kRestartMost));
      crash_monitor(random.between(kRestartLeast, kRestartMost));
      break;
    case Fault::kLongStop:
      crash(node, random.between(500 * kMs, 3000 * kMs));
      break;
    case Fault::kLostDisk:
      lose_disk(node);
      break;
    case Fault::kCrashLoop:
      crash_loop(node, static_cast<int>(random.between(2, 8)));
      break;
    case Fault::kHang:
      hang(node, random.between(10 * kMs, 400 * kMs));
      break;
    case Fault::kLongHang:
      hang(node, random.between(500 * kMs, 3000 * kMs));
      break;
    case Fault::kSuspicion:
      world_.monitor().suspect(node);
      break;
    default:
      crash(node, random.between(kRestartLeast, kRestartMost));
  }
}

void Faults::of_the_network(Fault fault) {
  auto& random = world_.random();
  auto& network = world_.network();
  const auto one = any_node();
  const auto other = any_host();
  switch (fault) {
    case Fault::kCutOneWay:
      if (random.coin()) {
        network.cut(one, other);
      } else {
        network.cut(other, one);
      }
      break;
    case Fault::kCutBothWays:
      network.cut(one, other);
      network.cut(other, one);
      break;
    case Fault::kIsolate:
      for (const auto& host : hosts()) {
        network.cut(one, host);
        network.cut(host, one);
      }
      break;
    case Fault::kBreakLinks:
      network.break_links(one, other);
      break;
    case Fault::kSlowNetwork:
      network.set({100, random.between(1, 120) * kMs});
      break;
    default:
      network.set({50, random.between(1, 5) * kMs, random.below(60), random.below(40), random.below(60)});
  }
}

void Faults::of_a_disk(Fault fault) {
  auto& random = world_.random();
  auto& disk = fault == Fault::kMonitorDisk ? world_.monitor().disk() : world_.node(any_node()).disk();
  world_.trace()("disk", "a disk is bad");
  switch (fault) {
    case Fault::kSlowDisk:
      disk.set({100, random.between(1, 100) * kMs, 0, random.below(10)});
      break;
    case Fault::kFailingDisk:
      disk.set({50, 400, random.between(5, 100), 0});
      break;
    default:
      disk.set({50, random.between(1, 200) * kMs, random.below(60), random.below(5)});
  }
}

void Faults::of_the_rest(Fault fault) {
  auto& random = world_.random();
  const auto node = any_node();
  switch (fault) {
    case Fault::kMonitorCrash:
      crash_monitor(random.between(kRestartLeast, 1000 * kMs));
      break;
    case Fault::kMonitorHang:
      world_.monitor().hang();
      later(random.between(10 * kMs, 1500 * kMs), [this] { world_.monitor().thaw(); });
      break;
    case Fault::kClockJump:
      world_.node(node).jump_clock(random.between(-3'600'000, 3'600'000));
      break;
    case Fault::kSwitchover:
      world_.monitor().switch_over(node);
      break;
    case Fault::kStall:
      world_.node(node).stall("its work stands still");
      later(random.between(50 * kMs, 1000 * kMs), [this, node] { world_.node(node).stall({}); });
      break;
    default:
      heal();
  }
}

void Faults::heal() {
  world_.network().heal();
  world_.network().set({});
  world_.monitor().disk().set({});
  for (const auto& name : world_.names()) world_.node(name).disk().set({});
}

void Faults::crash(const std::string& node, Us down) {
  world_.node(node).end("killed");
  world_.timeline().after(down, [this, node] { world_.node(node).start(); });
}

// One at a time, and never the only one that has everything.
void Faults::lose_disk(const std::string& node) {
  const auto& record = world_.monitor().record();
  const bool another = std::any_of(record.in_sync.begin(), record.in_sync.end(),
                                   [&](const auto& member) { return member.node != node; });
  if (!another || world_.checker().any_without_disk()) return;
  crash(node, world_.random().between(kRestartLeast, kRestartMost));
  world_.node(node).lose_disk();
}

void Faults::keep_copies() {
  if (world_.settings().weights.at(static_cast<std::size_t>(Fault::kOldCopy)) == 0) return;
  for (const auto& name : world_.names()) {
    const auto now_us = world_.timeline().now_us();
    auto& copy = copies_[name];
    if (now_us - copy.made_us > kOldUs || copy.made_us == 0) copy = {now_us, world_.node(name).files()};
  }
}

// Nobody else knows what a node got since the monitor last heard of it: an old copy that lacks only that
// cannot be known for one.
bool Faults::shows(const NodeFiles& copy) {
  return !copy.holds(world_.monitor().floor());
}

void Faults::of_files(Fault fault) {
  auto& random = world_.random();
  if (fault == Fault::kLostRecord) {
    crash_monitor(random.between(kRestartLeast, kRestartMost));
    return world_.monitor().lose_record();
  }
  const auto name = any_node();
  const auto entries = std::ssize(world_.node(name).files().journal);
  if (entries <= world_.node(name).files().base.value) return;
  const auto some =
      static_cast<std::size_t>(random.between(world_.node(name).files().base.value, entries - 1));
  crash(name, random.between(kRestartLeast, kRestartMost));
  auto& node = world_.node(name);
  switch (fault) {
    case Fault::kLostTail:
      return node.change_files("has lost the end of its journal",
                               [some](NodeFiles& files) { files.journal.resize(some); });
    case Fault::kLostJournal:
      return node.change_files("has lost its journal", [](NodeFiles& files) {
        files.journal.clear();
        files.base = {};
      });
    case Fault::kChangedEntry:
      return node.change_files("has a changed entry",
                               [some](NodeFiles& files) { files.journal[some].key += "?"; });
    default:
      if (!shows(copies_[name].files)) return;
      return node.change_files("is as it was",
                               [this, &name](NodeFiles& files) { files = copies_[name].files; });
  }
}

void Faults::crash_loop(const std::string& node, int times) {
  crash(node, world_.random().between(kRestartLeast, kRestartMost));
  if (times <= 1) return;
  later(world_.random().between(10 * kMs, 400 * kMs), [this, node, times] { crash_loop(node, times - 1); });
}

void Faults::hang(const std::string& node, Us time) {
  world_.node(node).hang();
  later(time, [this, node] { world_.node(node).thaw(); });
}

void Faults::crash_monitor(Us down) {
  world_.monitor().end("killed");
  world_.timeline().after(down, [this] { world_.monitor().start(); });
}

std::vector<std::string> Faults::hosts() const {
  auto all = world_.names();
  all.emplace_back("monitor");
  all.emplace_back("clients");
  return all;
}

std::string Faults::any_node() {
  return world_.names()[static_cast<std::size_t>(world_.random().below(std::ssize(world_.names())))];
}

std::string Faults::any_host() {
  const auto all = hosts();
  return all[static_cast<std::size_t>(world_.random().below(std::ssize(all)))];
}

// Unless everything was healed by then.
void Faults::later(Us delay, std::function<void()> what) {
  world_.timeline().after(delay, [this, what = std::move(what)] {
    if (!over_) what();
  });
}

void run(World& world) {
  Faults faults(world);
  world.start();
  faults.run();
  if (world.random().percent(40)) {
    const auto nodes = world.names();
    const auto& down = nodes[static_cast<std::size_t>(world.random().below(std::ssize(nodes)))];
    const bool hangs = world.random().coin();
    world.node(down).keep_down(true);
    if (!hangs) world.node(down).end("stays down");
    world.heal();
    if (hangs) world.node(down).hang();  // its connections stay: only its silence tells
    world.serve_without(down);
    world.node(down).keep_down(false);
  }
  world.heal();
  world.clients().finish();
  world.converge();
}

}  // namespace sportapp::simulator
