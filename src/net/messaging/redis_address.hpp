#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/instance_secret.hpp"

namespace sportapp::messaging {

// The one user of an instance's Redis, and the secret by which it is known there.
inline constexpr std::string_view kRedisUser = "sportapp";
[[nodiscard]] inline std::string redis_password(const InstanceKey& key) {
  return hex(derived_secret(key, "sportapp redis"));
}

struct RedisAddress {
  std::string host = "127.0.0.1";  // the path of a local socket, where it begins with a slash
  std::uint16_t port = 6379;
  std::string password{};  // empty: it asks for none

  [[nodiscard]] bool is_local_socket() const { return host.starts_with('/'); }
  [[nodiscard]] std::string name() const {
    return is_local_socket() ? "Redis " + host : "Redis " + host + ":" + std::to_string(port);
  }
};

}  // namespace sportapp::messaging
