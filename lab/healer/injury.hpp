// What the lab does to processes, disks and ways that can be taken back, as data: it can be taken back by
// whoever has read it, also when it was never brought about or is gone already.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

#include "base/process/process_id.hpp"
#include "base/result.hpp"
#include "lab/healer/disks.hpp"
#include "lab/healer/treatment.hpp"

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

// So many processes that only compute, at the priority of the healer.
struct Crowded {
  int processes = 0;
};

struct DiskSpoilt {
  std::filesystem::path table;
  std::filesystem::path folder;
  DiskTrouble trouble;
};

struct WaySpoilt {
  std::uint16_t port = 0;  // on which the way takes connections
  Direction direction = Direction::kBoth;
  Treatment treatment;
};

// Brought about by its owner once it is noted; taken back by a command of the shell.
struct Noted {
  std::string heal;
};

using Injury = std::variant<Frozen, Throttled, Crowded, DiskSpoilt, WaySpoilt, Noted>;

// "users-commands-a is stopped (SIGSTOP)"
[[nodiscard]] std::string describe(const Injury& injury);
[[nodiscard]] boost::json::object to_json(const Injury& injury);
// Throws std::exception of some kind where the object is none.
[[nodiscard]] Injury injury_from(const boost::json::object& object);

[[nodiscard]] boost::json::object to_json(const process::ProcessId& id);
[[nodiscard]] process::ProcessId process_id_from(const boost::json::object& object);

}  // namespace sportapp::lab
