#include "sim/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sportapp::simulator {
namespace {

constexpr Us kKill = 5 * kMs, kRestart = 50 * kMs;
constexpr Us kAskAgain = 10'000 * kMs;

std::vector<std::string> names_of(int nodes) {
  const std::vector<std::string> all{"a", "b", "c"};
  return {all.begin(), all.begin() + nodes};
}

std::vector<std::string> without(std::vector<std::string> names, const std::string& one) {
  std::erase(names, one);
  return names;
}

}  // namespace

World::World(const Settings& settings, Trace::Sink trace)
    : settings_(settings),
      random_(settings.seed),
      trace_(timeline_, std::move(trace)),
      network_(timeline_, random_, trace_),
      checker_(timeline_),
      names_(names_of(settings.nodes)) {
  const Surroundings world{timeline_, random_, trace_, network_, checker_, settings_};
  for (const auto& name : names_)
    nodes_.push_back(std::make_unique<NodeHost>(name, without(names_, name), world));
  MonitorHost::Processes processes;
  processes.of = [this](const std::string& name) -> const Process& { return node(name).process(); };
  if (settings_.kills_silent) processes.kill = [this](const std::string& name) { kill(name); };
  monitor_ = std::make_unique<MonitorHost>(names_, world, std::move(processes));
  clients_ = std::make_unique<Clients>(names_, world);
}

void World::start() {
  for (auto& node : nodes_) node->start();
  monitor_->start();
  clients_->start();
}

// The process that runs now, not one that follows it.
void World::kill(const std::string& name) {
  timeline_.after(kKill, [this, name, run = node(name).process().run()] {
    if (!node(name).process().up() || node(name).process().run() != run) return;
    node(name).end("killed, since it was silent");
    timeline_.after(kRestart, [this, name] { node(name).start(); });
  });
}

void World::run_for(Us time) {
  const auto until = timeline_.now_us() + time;
  while (timeline_.now_us() < until && timeline_.step()) {
  }
}

void World::heal() {
  trace_("world", "everything is healed");
  network_.heal();
  network_.set({});
  monitor_->disk().set({});
  for (auto& node : nodes_) {
    node->disk().set({});
    node->thaw();
    node->start();
    node->stall({});
  }
  monitor_->thaw();
  monitor_->start();
}

void World::serve_without(const std::string& down) {
  constexpr std::size_t kAnswers = 3;
  const auto until = timeline_.now_us() + settings_.calm;
  const auto before = checker_.answers();
  while (checker_.answers() < before + kAnswers) {
    run_for(50 * kMs);
    if (timeline_.now_us() < until) continue;
    // The first record needs every node's word, as does one that is rewritten.
    if (monitor_->record_lost() || needs_a_person(down)) return;
    throw Violation(fmt::format("without {} nothing is answered for {} s\n{}", down,
                                settings_.calm / kMs / 1000, describe()));
  }
}

// No node that may be primary has all that counts.
bool World::needs_a_person(const std::string& down) const {
  const auto cannot = [&](const std::string& name) {
    const auto found =
        std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) { return node->name() == name; });
    return name == down || checker_.is_without_disk(name) ||
           (*found)->files().damage() != failover::Damage::kNone;
  };
  if (monitor_->record_lost()) {  // one that never promised cannot be told from one that lost its disk
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
      return cannot(node->name()) || node->files().promise == Epoch{};
    });
  }
  const auto& in_sync = monitor_->record().in_sync;
  return std::all_of(in_sync.begin(), in_sync.end(), [&](const auto& member) { return cannot(member.node); });
}

bool World::waits_for_a_person() const {
  const auto* monitor = monitor_->monitor();
  if (monitor == nullptr || monitor->alarm().empty() || !needs_a_person({})) return false;
  if (monitor_->record_lost()) return true;  // a primary that acts goes on meanwhile
  return std::none_of(nodes_.begin(), nodes_.end(), [](const auto& node) {
    return node->replica() != nullptr && node->replica()->decides();
  });
}

void World::converge() {
  const auto until = timeline_.now_us() + settings_.calm;
  auto asked = timeline_.now_us();
  auto helpless_since_us = asked;
  do {
    if (!waits_for_a_person()) helpless_since_us = timeline_.now_us();
    if (timeline_.now_us() > helpless_since_us + kAskAgain) return;
    if (timeline_.now_us() > asked + kAskAgain) {  // an operator who had chosen another wants the first back
      asked = timeline_.now_us();
      monitor_->switch_over(names_.front());
    }
    if (timeline_.now_us() > until) {
      throw Violation(fmt::format("{} s after the last fault it is not well: {}\n{}",
                                  settings_.calm / kMs / 1000, what_is_not_well(), describe()));
    }
    run_for(50 * kMs);
  } while (!what_is_not_well().empty());
  for (const auto& node : nodes_) checker_.ended(node->files());
}

std::string World::what_is_not_well() const {
  const auto* monitor = monitor_->monitor();
  if (monitor == nullptr) return "the monitor is down";
  const auto& record = monitor->record();
  if (!monitor->serving()) return "no primary acts";
  if (settings_.fail_back_after_ms >= 0 && record.primary != names_.front()) return "another is primary";
  if (record.in_sync.size() != names_.size()) return "a node is not in sync";
  if (!clients_->finished()) return "clients wait";
  if (clients_->has_open()) return "a request is not answered";
  for (const auto& node : nodes_) {
    if (node->files().head() != nodes_.front()->files().head()) return "journals differ";
  }
  return {};
}

std::string World::describe() const {
  std::string text = fmt::format("record: epoch {}, primary {}, in sync:", monitor_->record().epoch.value,
                                 monitor_->record().primary);
  for (const auto& member : monitor_->record().in_sync) text += " " + member.node;
  for (const auto& node : nodes_) text += "\n" + node->describe();
  return text + "\nclients: " + clients_->describe();
}

NodeHost& World::node(const std::string& name) {
  for (auto& node : nodes_) {
    if (node->name() == name) return *node;
  }
  throw std::logic_error("unknown node " + name);
}

}  // namespace sportapp::simulator
