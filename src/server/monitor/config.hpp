#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/service/config.hpp"

namespace sportapp::monitor {

enum class Kind { kService, kRedis, kGateway };

// A process that is watched.
struct Target {
  std::string name;                // users-commands-a
  std::string service;             // users; empty for what serves all
  std::string side;                // commands | queries
  std::string node;                // a | 1
  std::string host = "127.0.0.1";  // of Redis it may be the path of a local socket
  std::uint16_t port = 0;
  std::uint16_t link_port = 0;  // of a commands node; 0: it stands alone
  Kind kind = Kind::kService;
  std::string password{};  // of Redis
};

struct FailoverSettings {
  int suspicion_ms = 150;         // silence after which a process counts as lost
  bool fail_back = true;          // the preferred node takes its place back by itself
  int fail_back_after_ms = 1000;  // once it is in sync for so long
  bool kill_hung = true;          // what hangs is ended, so that it is started again
};

struct Config : service::ProcessConfig {  // its `data` holds record and events
  std::filesystem::path control_socket;   // of the supervisor
  FailoverSettings failover;
  std::vector<Target> targets;
};

// A TOML file; an error names file, line and what was expected.
[[nodiscard]] Result<Config> load_config(const std::filesystem::path& file);

}  // namespace sportapp::monitor
