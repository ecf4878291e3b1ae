// Which processes an instance consists of. The one place that knows.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/services/registry.hpp"

namespace sportapp::instance {

enum class Kind { kRedis, kCommands, kQueries, kMonitor, kGateway };

struct Member {
  std::string name;  // users-commands-a
  Kind kind = Kind::kCommands;
  std::string service;  // users; empty for what serves all
  std::string side;     // commands | queries
  std::string node;     // a | 1, 2
  std::string program;  // users-commands
  std::uint16_t port = 0;
  std::uint16_t link_port = 0;  // of a commands node, for monitor and other nodes; 0: it stands alone
  // At which the others reach it; of Redis it may be the path of a local socket, and the port is then 0.
  std::string host = "127.0.0.1";
  bool apart = false;  // it shares neither files nor local sockets with the others
};

// Off: every commands service is one node without a link.
inline constexpr bool kRedundant = true;

// Every process but the supervisor, in the order in which they are started; ports not yet given. The first
// node of a commands service is the one preferred as primary.
[[nodiscard]] std::vector<Member> topology(const std::vector<std::string>& of_services = services::names(),
                                           int spares = 0);

[[nodiscard]] inline bool is_service(Kind kind) {
  return kind == Kind::kCommands || kind == Kind::kQueries;
}

// The members of one service and side, in order of node.
[[nodiscard]] std::vector<Member> members_of(const std::vector<Member>& members, std::string_view service,
                                             Kind kind);
// The only member of its kind. Throws std::logic_error where there is none: a defect of topology().
[[nodiscard]] const Member& member_of(const std::vector<Member>& members, Kind kind);

// Our own programs stand beside the running executable, Debian's in PATH or the sbin folders. `lab`: from the
// folder `lab` beside it, where that has the program.
[[nodiscard]] Result<std::filesystem::path> find_program(const std::string& program, bool lab = false);

}  // namespace sportapp::instance
