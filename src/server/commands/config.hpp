// The configuration of a commands process.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/service/config.hpp"
#include "store/retention/retention_policy.hpp"

namespace sportapp::commands {

// Where a service that this one follows gives its feed.
struct SourceAddress {
  std::string service;
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

// Another node of the same service.
struct PeerAddress {
  std::string node;  // b
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;              // of its HTTP
  std::filesystem::path local_socket;  // as the gateway reaches it; empty: TCP only
  std::uint16_t link_port = 0;         // for entries
};

struct Config : service::ProcessConfig {
  std::vector<SourceAddress> sources;  // the services whose events it takes in, several nodes each
  std::int64_t stream_length_max = 100'000;
  std::uint16_t link_port = 0;           // for monitor and other nodes; 0: no redundancy, always primary
  std::vector<PeerAddress> peers;        // the other nodes
  std::filesystem::path in_hand_folder;  // empty: a request that ends the process is not remembered
  int hold_ms = 5000;                    // a command waits so long for a primary; then 503. 0: not at all
  int spare_late_ms = 1000;  // a node that acknowledges nothing for so long is not waited for any more
  int queue_max = 10'000;    // commands waiting for a commit; more: 503
  int batch_max = 512;       // commands in one commit
  retention::RetentionPolicy retention;
};

[[nodiscard]] Result<Config> load_config(const std::filesystem::path& file);

}  // namespace sportapp::commands
