// What GET /health says, from what is known of each process.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace sportapp::monitor {

struct Watched {
  std::string name;     // users-commands-a
  std::string service;  // users
  std::string side;     // commands | queries
  std::string trouble;  // empty: it says that it is ready
  std::string node{};   // a | 1
};

// Who takes the commands of a service of several nodes.
struct CommandsSide {
  std::string primary;        // a node
  std::string trouble;        // empty: it does take them
  bool needs_person = false;  // who decides what the monitor may not; `trouble` says what
};

struct Health {
  bool ok = false;
  // {"status":"ok","services":{"users":{"commands":"ok","queries":"ok"}}}; a side that cannot be served has
  // its processes' troubles in place of "ok". Where one is served though a process of it is not ready, the
  // member "degraded" has that one's: {"users":{"commands":"users-commands-b: ..."}}. "needs_person" names
  // the services whose commands stay away until somebody decides: ["users"].
  std::string body;
};

// A side is served while one of its processes is ready; commands, where there is a primary, while that is.
[[nodiscard]] Health health_of(const std::vector<Watched>& processes,
                               const std::map<std::string, CommandsSide>& commands = {});

}  // namespace sportapp::monitor
