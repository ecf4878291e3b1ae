// Asks a process of an instance what only whoever has the instance's key may ask.
#pragma once
#include <string>
#include <string_view>

#include "base/instance_secret.hpp"
#include "base/result.hpp"
#include "net/http/client.hpp"
#include "ops/instance/instance.hpp"

namespace sportapp::instance {

// The key by which the processes of the instance know each other: for who may read its file only.
[[nodiscard]] Result<InstanceKey> key_of(const Instance& instance);

// As http::Client. Where the key cannot be read, every question ends in the error that says so.
class InternalClient {
 public:
  InternalClient(const Instance& instance, const std::string& host, std::uint16_t port, int timeout_ms);
  InternalClient(const Instance& instance, const InstanceProcess& process, int timeout_ms)
      : InternalClient(instance, process.host, process.port, timeout_ms) {}
  [[nodiscard]] Result<http::ClientResponse> get(const std::string& target);
  [[nodiscard]] Result<http::ClientResponse> post(const std::string& target, std::string_view body = {});

 private:
  const Result<std::string> credential_;
  http::Client client_;
};

}  // namespace sportapp::instance
