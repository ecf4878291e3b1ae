// What every service process has: configuration, log, loop, health, metrics, an end that drains.
#pragma once
#include <prometheus/registry.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/http/server.hpp"
#include "net/messaging/consumer.hpp"
#include "net/messaging/relay.hpp"
#include "store/retention/retention_policy.hpp"

namespace sportapp::service {

// Where a service that this one follows gives its feed.
struct SourceAddress {
  std::string service;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

using messaging::FeedAddress;

// Another node of the same service.
struct PeerAddress {
  std::string node;  // b
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;              // of its HTTP
  std::filesystem::path local_socket;  // as the gateway reaches it; empty: TCP only
  std::uint16_t link_port = 0;         // for entries
};

struct Config {
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
  std::int64_t stream_length_max = 100'000;
  std::vector<FeedAddress> feeds;      // queries: the nodes of the commands service
  std::vector<SourceAddress> sources;  // commands: the services whose events it takes in, several nodes each
  std::uint16_t link_port = 0;     // commands: for monitor and other nodes; 0: no redundancy, always primary
  std::vector<PeerAddress> peers;  // commands: the other nodes
  std::filesystem::path key_file;  // by which processes know each other; empty: internal routes refuse
  std::filesystem::path in_hand_folder;  // empty: a request that ends the process is not remembered
  int hold_ms = 5000;                    // a command waits so long for a primary; then 503. 0: not at all
  int spare_late_ms =
      1000;  // commands: a node that acknowledges nothing for so long is not waited for any more
  int drain_ms = 5000;
  int queue_max = 10'000;                // commands waiting for a commit; more: 503
  int batch_max = 512;                   // commands in one commit
  int cache_mb = 64;                     // of its databases that it keeps in memory, about, in MiB
  retention::RetentionPolicy retention;  // commands
  http::Limits limits;
};

// A TOML file; an error names file, line and what was expected. Unknown keys are errors: they are typing
// mistakes.
[[nodiscard]] Result<Config> load_config(const std::filesystem::path& file);

using LoadConfig = std::function<Result<Config>(const std::filesystem::path&)>;

// The configuration and running log of a process started as `BINARY --config FILE`; nothing when the command
// line or the file is wrong: `exit_status` is then what main returns, and standard error has said why.
[[nodiscard]] std::optional<Config> start_from_command_line(int argc, char** argv, const LoadConfig& load,
                                                            int& exit_status);

class Process {
 public:
  explicit Process(Config config);
  ~Process();
  [[nodiscard]] const Config& config() const;
  [[nodiscard]] http::Router& router();
  // What this process shows to others of its instance, see http/authorization.hpp; empty without a key.
  [[nodiscard]] const std::string& credential() const;
  [[nodiscard]] Loop& loop();
  [[nodiscard]] http::Server& server();
  [[nodiscard]] std::shared_ptr<prometheus::Registry> metrics();
  // Called on the loop before metrics are given: brings gauges up to date.
  void on_metrics(std::function<void()> refresh);
  // /health/ready is 200 while every check gives nothing, else 503 with the reasons. Checks run on the loop.
  void ready_when(std::function<std::optional<std::string>()> check);
  // A member of the status document, computed on the loop: `role` and `state` as `sportapp status` shows
  // them.
  void describe(std::string name, std::function<std::string()> value);
  void describe_number(std::string name, std::function<std::int64_t()> value);
  // Listens, prints nothing, serves /health/live, /health/ready, /metrics, /internal/status and
  // /internal/routes until SIGTERM; gives the exit status.
  int run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::service
