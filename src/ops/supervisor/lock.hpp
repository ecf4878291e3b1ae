#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "base/result.hpp"

namespace sportapp::supervisor {

// Held by the one supervisor of a data folder, or by those of its processes together. It lies on the folder
// itself, not on a file in it that somebody may remove. The system lets go of it when the process ends,
// however; its children do not have it, so that the next start can end those that a killed supervisor left.
class InstanceLock {
 public:
  enum class Kind { kAlone, kShared };
  // Nothing when another holds it; a shared one goes together with shared ones.
  [[nodiscard]] static Result<std::optional<InstanceLock>> try_take(const std::filesystem::path& folder,
                                                                    Kind kind = Kind::kAlone);
  // Who holds it, as the system shows it; nothing where nobody does, or one whom this process cannot see.
  [[nodiscard]] static std::optional<pid_t> holder(const std::filesystem::path& folder);

  InstanceLock(InstanceLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  InstanceLock& operator=(InstanceLock&&) = delete;
  ~InstanceLock();

 private:
  explicit InstanceLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace sportapp::supervisor
