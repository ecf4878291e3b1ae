// The configuration of a service process: what `BINARY --config FILE` reads.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/result.hpp"
#include "net/http/server.hpp"
#include "net/messaging/redis_address.hpp"
#include "server/service/toml_reader.hpp"

namespace sportapp::service {

// What every kind of process has.
struct ProcessConfig {
  std::string name;     // as in status and logs: users-commands-a
  std::string service;  // users
  std::string side;     // commands | queries
  std::string node;     // a, b | 1, 2
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::filesystem::path local_socket;  // the gateway's way to it; empty: TCP only
  std::filesystem::path data;          // folder of this process
  std::filesystem::path log_file;      // empty: standard error
  std::string log_level = "info";
  messaging::RedisAddress redis;
  std::filesystem::path key_file;  // by which processes know each other; empty: internal routes refuse
  int drain_ms = 5000;
  int cache_mb = 64;  // of its databases that it keeps in memory, about, in MiB
  http::Limits limits;
};

void read_process_config(TomlReader& reader, ProcessConfig& config);

// The file that `BINARY --config FILE` names; nothing when the command line is wrong: standard error has said
// so.
[[nodiscard]] std::optional<std::filesystem::path> config_file_of(int argc, char** argv);
// Tells on standard error what is wrong with the file.
void refuse(const Error& error);
// The running log as configured; false: standard error has said why not.
[[nodiscard]] bool begin_log(const ProcessConfig& config);

// The configuration and running log of a process started as `BINARY --config FILE`. `load` reads the file: an
// error names file, line and what was expected; unknown keys are errors, since they are typing mistakes.
// Nothing when the command line or the file is wrong: main returns 2 then, and standard error has said why.
template <class Load>
[[nodiscard]] auto start_from_command_line(int argc, char** argv, const Load& load)
    -> std::optional<std::decay_t<decltype(*load(std::filesystem::path()))>> {
  const auto file = config_file_of(argc, argv);
  if (!file) return std::nullopt;
  auto config = load(*file);
  if (!config) {
    refuse(config.error());
    return std::nullopt;
  }
  if (!begin_log(*config)) return std::nullopt;
  return std::move(*config);
}

}  // namespace sportapp::service
