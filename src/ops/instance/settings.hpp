// What the owner of an instance may set: DATA/sportapp.toml. docs/configuration.md explains each.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/http/server.hpp"
#include "server/service/toml_reader.hpp"
#include "store/retention/retention_policy.hpp"

namespace sportapp::instance {

inline constexpr int kSparesMax = 2;

struct Settings {
  struct Gateway {
    std::string host = "127.0.0.1";
    std::uint16_t port = 5000;
    int workers = 1;
    int connections = 8192;    // of one worker, to clients and to services together
    int rate_limit_per_s = 0;  // requests of one client address; 0: no limit
    int queries_timeout_ms = 5000;
    int commands_timeout_ms = 35'000;
    int first_try_ms =
        0;  // silence after which the next process is asked too, under the same key; 0: no such bound
  } gateway;
  struct Services {
    std::string log_level = "info";
    int drain_ms = 5000;
    int queue_max = 10'000;
    int batch_max = 512;
    int cache_mb = 64;  // of its databases that a process keeps in memory, about
    int spares = 1;     // of each commands service
  } services;
  struct Failover {
    int suspicion_ms = 150;         // silence after which a process counts as lost
    bool fail_back = true;          // the preferred node takes its place back by itself
    int fail_back_after_ms = 1000;  // once it is in sync for so long
    int hold_ms = 5000;             // a command waits so long for a primary; then 503. 0: not at all
    int spare_late_ms = 1000;       // a spare that acknowledges nothing for so long is dropped from sync
  } failover;
  // What an experiment turns off, to see what it is worth.
  struct Tactics {
    bool restart = true;       // what ended is started again
    int restart_after_ms = 0;  // not sooner after it ended
    bool detect_hangs = true;  // what says nothing for too long is killed
    bool retry = true;         // the gateway gives what was not answered to the next process
  } tactics;
  struct Redis {
    int memory_mb = 256;
    std::int64_t stream_length_max = 100'000;
  } redis;
  retention::RetentionPolicy retention;
  // Where the processes are that are run one by one: in containers, on several hosts, by a service manager.
  struct Network {
    std::string listen = "127.0.0.1";  // of Redis, services and monitor
    std::uint16_t first_port = 20'000;
    std::filesystem::path key_file;  // empty: below the data folder
    std::map<std::string, std::string>
        addresses;  // by process; the others are on this host, on the same data
  } network;
  http::Limits limits;  // of each service process; the gateway's body limit follows body_bytes
};

// An error names file, line and what was expected. Unknown keys are errors: they are typing mistakes.
[[nodiscard]] Result<Settings> load_settings(const std::filesystem::path& file);
// Every mistake of the file as load_settings() tells the first, by line; what is no TOML is the only one: the
// rest of such a file is not understood.
[[nodiscard]] std::vector<std::string> mistakes_in(const std::filesystem::path& file);
// The same from the tables of another file; the mistakes are its reader's.
void read_settings(service::TomlReader& tables, Settings& settings);
// Every key, as load_settings() reads it.
[[nodiscard]] std::string settings_text(const Settings& settings);
// Their tables, as settings and the files of service processes have them.
[[nodiscard]] std::string retention_text(const retention::RetentionPolicy& retention);
[[nodiscard]] std::string limits_text(const http::Limits& limits);

}  // namespace sportapp::instance
