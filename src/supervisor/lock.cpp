#include "supervisor/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sportapp::supervisor {

Result<std::optional<InstanceLock>> InstanceLock::try_take(const std::filesystem::path& file, Kind kind) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return Error{Retry::kLater, fmt::format("cannot open {}: {}", file.string(), std::strerror(errno))};
  }
  if (::flock(fd, (kind == Kind::kAlone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
    return std::optional(InstanceLock(fd));
  const int error = errno;
  ::close(fd);
  if (error == EWOULDBLOCK) return std::optional<InstanceLock>();
  return Error{Retry::kLater, fmt::format("cannot lock {}: {}", file.string(), std::strerror(error))};
}

InstanceLock::~InstanceLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace sportapp::supervisor
