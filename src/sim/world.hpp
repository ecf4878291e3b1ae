// One run from one seed: first everything fails, then it is healed and must be well again.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "sim/clients.hpp"
#include "sim/monitor_host.hpp"

namespace sportapp::simulator {

class World {
 public:
  // `trace`: where the steps are written, or nowhere.
  explicit World(const Settings& settings, Trace::Sink trace = {});

  void start();
  void run_for(Us time);  // throws Violation
  void heal();
  // Until clients get answers though that node is down; a Violation when another could act and does not.
  void serve_without(const std::string& node);
  // Until everything is well; a Violation says what is not when that takes too long.
  void converge();
  [[nodiscard]] std::string what_is_not_well() const;  // empty: all is
  [[nodiscard]] std::string describe() const;

  NodeHost& node(const std::string& name);
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  MonitorHost& monitor() { return *monitor_; }
  Clients& clients() { return *clients_; }
  Network& network() { return network_; }
  Timeline& timeline() { return timeline_; }
  Random& random() { return random_; }
  Checker& checker() { return checker_; }
  Trace& trace() { return trace_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }

 private:
  void kill(const std::string& name);
  [[nodiscard]] bool needs_a_person(const std::string& down) const;
  [[nodiscard]] bool waits_for_a_person() const;

  const Settings settings_;
  Timeline timeline_;
  Random random_;
  Trace trace_;
  Network network_;
  Checker checker_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<NodeHost>> nodes_;
  std::unique_ptr<MonitorHost> monitor_;
  std::unique_ptr<Clients> clients_;
};

}  // namespace sportapp::simulator
