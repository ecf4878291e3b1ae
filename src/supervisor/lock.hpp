#pragma once
#include <filesystem>
#include <optional>

#include "base/result.hpp"

namespace sportapp::supervisor {

// Held by the one supervisor of a data folder, or by those of its processes together; the system lets go of
// it when the process ends, however.
class InstanceLock {
 public:
  enum class Kind { kAlone, kShared };
  // Nothing when another holds it; a shared one goes together with shared ones.
  [[nodiscard]] static Result<std::optional<InstanceLock>> try_take(const std::filesystem::path& file,
                                                                    Kind kind = Kind::kAlone);
  InstanceLock(InstanceLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  InstanceLock& operator=(InstanceLock&&) = delete;
  ~InstanceLock();

 private:
  explicit InstanceLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace sportapp::supervisor
