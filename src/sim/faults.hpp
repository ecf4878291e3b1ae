// What goes wrong, and when: by chance, of the kinds and as often as the settings of the run say.
#pragma once
#include <string_view>

#include "sim/world.hpp"

namespace sportapp::simulator {

enum class Fault : std::uint8_t {
  kCrash,      // of a node; the supervisor starts it again
  kCrashBoth,  // of all nodes at about the same time
  kCrashWithMonitor,
  kLongStop,   // a node stays down
  kLostDisk,   // and comes back with nothing
  kCrashLoop,  // a node ends again and again
  kHang,
  kLongHang,
  kMonitorCrash,
  kMonitorHang,
  kSuspicion,  // of a node that is alive
  kCutOneWay,
  kCutBothWays,
  kIsolate,  // a node reaches nobody
  kBreakLinks,
  kSlowNetwork,
  kBadPings,  // lost, repeated, reordered
  kSlowDisk,
  kFailingDisk,
  kMonitorDisk,
  kClockJump,
  kSwitchover,
  kStall,
  kHeal,      // of network and disks
  kLostTail,  // a node comes back with a journal that lacks its last entries
  kLostJournal,
  kChangedEntry,
  kOldCopy,     // a node comes back as it was a while ago, with all its files
  kLostRecord,  // the monitor comes back without its record
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::kLostRecord) + 1;

class Faults {
 public:
  explicit Faults(World& world) : world_(world) {}
  void run();  // for as long as the settings say

 private:
  void one();
  void of_a_node(Fault fault);
  void of_the_network(Fault fault);
  void of_a_disk(Fault fault);
  void of_the_rest(Fault fault);
  [[nodiscard]] std::vector<std::string> hosts() const;
  void crash(const std::string& node, Us down);
  void lose_disk(const std::string& node);
  void of_files(Fault fault);
  void keep_copies();
  [[nodiscard]] bool shows(const NodeFiles& copy);
  void crash_loop(const std::string& node, int times);
  void hang(const std::string& node, Us time);
  void crash_monitor(Us down);
  void heal();
  [[nodiscard]] std::string any_node();
  [[nodiscard]] std::string any_host();
  void later(Us delay, std::function<void()> what);

  struct Copy {
    Us made_us = 0;
    NodeFiles files;
  };
  World& world_;
  bool over_ = false;
  std::map<std::string, Copy> copies_;  // by node, of a while ago
};

// The whole run; throws Violation.
void run(World& world);

}  // namespace sportapp::simulator
