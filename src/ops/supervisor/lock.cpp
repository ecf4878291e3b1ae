#include "ops/supervisor/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>

#include "base/cause.hpp"

namespace sportapp::supervisor {

Result<std::optional<InstanceLock>> InstanceLock::try_take(const std::filesystem::path& folder, Kind kind) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return Error{Retry::kLater,
                 fmt::format("cannot open the folder {}: {}", folder.string(), cause_of(errno, folder))};
  }
  if (::flock(fd, (kind == Kind::kAlone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
    return std::optional(InstanceLock(fd));
  const int error = errno;
  ::close(fd);
  if (error == EWOULDBLOCK) return std::optional<InstanceLock>();
  return Error{Retry::kLater,
               fmt::format("cannot lock the folder {}: {}", folder.string(), cause_of(error, folder))};
}

// A line is "7: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF".
std::optional<pid_t> InstanceLock::holder(const std::filesystem::path& folder) {
  struct stat seen {};
  if (::stat(folder.c_str(), &seen) != 0) return std::nullopt;
  const auto file = fmt::format("{:02x}:{:02x}:{}", major(seen.st_dev), minor(seen.st_dev), seen.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, access, locked;
    pid_t pid = 0;
    words >> number >> kind >> advisory >> access >> pid >> locked;
    if (kind == "FLOCK" && locked == file && pid > 0) return pid;
  }
  return std::nullopt;
}

InstanceLock::~InstanceLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace sportapp::supervisor
