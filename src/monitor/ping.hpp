#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "monitor/config.hpp"
#include "monitor/health.hpp"

namespace sportapp::monitor {

// Asks every process over a kept connection whether it is ready, each from a thread of its own, so that one
// that hangs hides no other.
class Pings {
 public:
  explicit Pings(std::vector<Target> targets);
  ~Pings();                                        // stops within a ping's timeout
  [[nodiscard]] std::vector<Watched> now() const;  // any thread

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::monitor
