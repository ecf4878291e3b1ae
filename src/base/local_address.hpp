#pragma once
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>

#include "base/result.hpp"

namespace sportapp {

// The address of a local socket, however long its path: it is named by way of its open folder.
class LocalAddress {
 public:
  [[nodiscard]] static Result<LocalAddress> of(const std::filesystem::path& socket);
  LocalAddress(LocalAddress&& other) noexcept;
  LocalAddress& operator=(LocalAddress&&) = delete;
  ~LocalAddress();
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  [[nodiscard]] static socklen_t size() { return sizeof(sockaddr_un); }

 private:
  LocalAddress() = default;
  int folder_ = -1;
  sockaddr_un address_{};
};

}  // namespace sportapp
