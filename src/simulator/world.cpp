#include "simulator/world.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace sportapp::simulator {
namespace {

std::vector<std::string> names_of(int nodes) {
  const std::vector<std::string> all{"a", "b", "c"};
  return {all.begin(), all.begin() + nodes};
}

std::vector<std::string> without(std::vector<std::string> names, const std::string& one) {
  std::erase(names, one);
  return names;
}

}  // namespace

World::World(const Settings& settings, std::ostream* trace)
    : settings_(settings),
      random_(settings.seed),
      trace_(timeline_, trace),
      network_(timeline_, random_, trace_),
      checker_(timeline_),
      names_(names_of(settings.nodes)) {
  const Surroundings world{timeline_, random_, trace_, network_, checker_, settings_};
  for (const auto& name : names_)
    nodes_.push_back(std::make_unique<NodeHost>(name, without(names_, name), world));
  monitor_ = std::make_unique<MonitorHost>(names_, world);
  clients_ = std::make_unique<Clients>(names_, world);
}

void World::start() {
  for (auto& node : nodes_) node->start();
  monitor_->start();
  clients_->start();
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
  clients_->finish();
}

void World::converge() {
  const auto until = timeline_.now_us() + settings_.calm;
  do {
    if (timeline_.now_us() > until) {
      throw Violation(fmt::format("{} s after the last fault it is not well: {}\n{}",
                                  settings_.calm / kMs / 1000, what_is_not_well(), describe()));
    }
    run_for(50 * kMs);
  } while (!what_is_not_well().empty());
  checker_.ended(nodes_.front()->files());
}

std::string World::what_is_not_well() const {
  const auto* monitor = monitor_->monitor();
  if (monitor == nullptr) return "the monitor is down";
  const auto& record = monitor->record();
  if (!monitor->serving()) return "no primary acts";
  if (settings_.fail_back_after_ms >= 0 && record.primary != names_.front()) return "another is primary";
  if (record.in_sync.size() != names_.size()) return "a node is not in sync";
  if (!clients_->finished()) return "clients wait";
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
  throw std::logic_error("there is no node " + name);
}

}  // namespace sportapp::simulator
