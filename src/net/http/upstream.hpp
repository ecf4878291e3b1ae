#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace sportapp::http {

// Where another server is.
struct Upstream {
  std::filesystem::path local_socket;  // the cheaper way; empty: TCP
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;  // with the system's certificates, of `host`
  bool operator==(const Upstream&) const = default;
};

}  // namespace sportapp::http
