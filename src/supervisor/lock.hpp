#pragma once
#include <filesystem>
#include <optional>

#include "base/result.hpp"

namespace sportapp::supervisor {

// Held by the one supervisor of a data folder; the system lets go of it when the process ends, however.
class InstanceLock {
 public:
  // Nothing when another holds it.
  [[nodiscard]] static Result<std::optional<InstanceLock>> try_take(const std::filesystem::path& file);
  InstanceLock(InstanceLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  InstanceLock& operator=(InstanceLock&&) = delete;
  ~InstanceLock();

 private:
  explicit InstanceLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace sportapp::supervisor
