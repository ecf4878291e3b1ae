// The running instance, as its supervisor writes it down on every change: DATA/run/instance.json.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/process/process_id.hpp"
#include "base/result.hpp"
#include "ops/instance/topology.hpp"

namespace sportapp::instance {

enum class ProcessState { kStarting, kRunning, kRestarting, kStopping, kStopped };
[[nodiscard]] std::string_view to_string(ProcessState state);

struct InstanceProcess {
  std::string name;     // users-commands-a
  std::string service;  // users; empty for redis, monitor, gateway
  std::string side;     // commands | queries
  std::string node;     // a | 1, 2
  ProcessState state = ProcessState::kStopped;
  process::ProcessId id;  // pid 0 while there is none
  std::uint16_t port = 0;
  int restarts = 0;
  std::string last_end;            // "was killed by signal 9 (Killed)"; empty when it never ended
  std::uint16_t link_port = 0;     // of a commands node; 0: it stands alone
  std::string stopped_by;          // who stopped it on purpose; empty: nobody
  std::int64_t stopped_ms = 0;     // since when, wall clock
  std::string host = "127.0.0.1";  // at which it is reached
};

// Where it is to be; nothing yet of how it is.
[[nodiscard]] InstanceProcess process_of(const Member& member);

struct Instance {
  process::ProcessId supervisor;
  std::string host;  // of the gateway, as a client on this machine reaches it
  std::uint16_t port = 0;
  std::filesystem::path data;
  std::filesystem::path key_file;  // empty, of an earlier version: where it is by default
  std::int64_t started_ms = 0;     // wall clock, since 1970
  bool apart = false;              // each process has a supervisor of its own: sportapp run
  std::vector<InstanceProcess> processes;
  std::vector<std::string> notes;  // what a person should know of its end, a sentence each

  [[nodiscard]] std::string url() const;
};

// The instance that runs on this data folder; an error when none does.
[[nodiscard]] Result<Instance> read_instance(const std::filesystem::path& data);

// What the last supervisor wrote, whether or not it lives still.
[[nodiscard]] Result<Instance> read_instance_file(const std::filesystem::path& file);
[[nodiscard]] Result<void> write_instance_file(const std::filesystem::path& file, const Instance& instance);

}  // namespace sportapp::instance
