#include "ops/instance/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>

namespace sportapp::instance {

bool is_ip_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

std::string no_ip_address(const std::string& key, const std::string& address) {
  return fmt::format(
      "'{}' is '{}', which is not an IP address; names are not resolved here, so that a "
      "failover waits for no name server",
      key, address);
}

}  // namespace sportapp::instance
