// What the lab does to processes, disks and links that can be taken back, as data: it can be taken back by
// whoever has read it, also when it was never brought about or is gone already.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

#include "base/process/process_id.hpp"
#include "base/result.hpp"
#include "lab/agent/disks.hpp"
#include "lab/agent/link_rule.hpp"

namespace sportapp::lab {

// Stopped by SIGSTOP, with what it started.
struct Frozen {
  std::string name;
  process::ProcessId id;
};

// In a control group of its own, with what it started; the group lets it have so much of one core.
struct Throttled {
  std::string name;
  process::ProcessId id;
  std::filesystem::path group;
  std::filesystem::path home;  // the group from which it comes
  int cpu_percent = 0;
};

// So many processes that only compute, at the priority of the fault agent.
struct CpuLoad {
  int processes = 0;
};

struct DiskInjection {
  std::filesystem::path table;
  std::filesystem::path folder;
  DiskFault trouble;
};

struct LinkInjection {
  std::uint16_t port = 0;  // on which the link takes connections
  Direction direction = Direction::kBoth;
  LinkRule rule;
};

// Brought about by its owner once it is noted; taken back by a command of the shell.
struct UndoCommand {
  std::string heal;
};

using Injection = std::variant<Frozen, Throttled, CpuLoad, DiskInjection, LinkInjection, UndoCommand>;

// "users-commands-a is stopped (SIGSTOP)"
[[nodiscard]] std::string describe(const Injection& injection);
[[nodiscard]] boost::json::object to_json(const Injection& injection);
// Throws std::exception of some kind where the object is none.
[[nodiscard]] Injection injection_from(const boost::json::object& object);

[[nodiscard]] boost::json::object to_json(const process::ProcessId& id);
[[nodiscard]] process::ProcessId process_id_from(const boost::json::object& object);

}  // namespace sportapp::lab
