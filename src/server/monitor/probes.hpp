#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/monitor/config.hpp"
#include "server/monitor/health.hpp"

namespace sportapp::monitor {

// Asks every process over a kept connection whether it gets on with its work, all from one thread, so that
// one that hangs hides no other. What hangs is handed over to be ended.
class Probes {
 public:
  static constexpr int kEveryMs = 25;
  static constexpr int kCommandsEveryMs = 100;      // these are pinged over their links besides
  static constexpr std::int64_t kTroubleMs = 1000;  // so long without an answer: it does not serve
  // So long, times the patience with it: it hangs, whatever the system shows.
  static constexpr std::int64_t kHangMs = 3000;
  static constexpr std::int64_t kCommandsHangMs = 1000;
  static constexpr std::int64_t kKillAgainMs = 1000;

  struct Hooks {
    std::function<bool(const std::string& name)> is_halted;
    // So many times as long as usual is it given.
    std::function<std::int64_t(const std::string& name)> patience;
    std::function<void(const std::string& name, const std::string& why)> kill;
  };
  // Nobody is killed before it was silent for `suspicion_ms`; then at once where it is halted.
  Probes(std::vector<Target> targets, int suspicion_ms, Hooks hooks);
  ~Probes();
  [[nodiscard]] std::vector<Watched> now() const;  // of the service processes; any thread

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::monitor
