// What GET /health says, from what is known of each process.
#pragma once
#include <string>
#include <vector>

namespace sportapp::monitor {

struct Watched {
  std::string name;     // users-commands-a
  std::string service;  // users
  std::string side;     // commands | queries
  std::string trouble;  // empty: it says that it is ready
};

struct Health {
  bool ok = false;
  // {"status":"ok","services":{"users":{"commands":"ok","queries":"ok"}}}; a side that cannot be served has
  // its processes' troubles in place of "ok".
  std::string body;
};

// A side is served while one of its processes is ready.
[[nodiscard]] Health health_of(const std::vector<Watched>& processes);

}  // namespace sportapp::monitor
