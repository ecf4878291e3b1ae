// Addresses that settings name: never a name, since a failover must not wait for a name server.
#pragma once
#include <string>

namespace sportapp::instance {

[[nodiscard]] bool is_ip_address(const std::string& text);
// For who wrote `key = "address"`.
[[nodiscard]] std::string no_ip_address(const std::string& key, const std::string& address);

}  // namespace sportapp::instance
