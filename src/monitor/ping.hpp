#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "monitor/health.hpp"

namespace sportapp::monitor {

struct Target {
  std::string name;
  std::string service;
  std::string side;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

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
