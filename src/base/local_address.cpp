#include "base/local_address.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sportapp {

Result<LocalAddress> LocalAddress::of(const std::filesystem::path& socket) {
  LocalAddress made;
  made.folder_ = ::open(socket.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (made.folder_ < 0) {
    return Error{Retry::kLater,
                 fmt::format("cannot open {}: {}", socket.parent_path().string(), std::strerror(errno))};
  }
  const auto path = fmt::format("/proc/self/fd/{}/{}", made.folder_, socket.filename().string());
  if (path.size() >= sizeof made.address_.sun_path) {
    return Error{Retry::kNever,
                 fmt::format("the name {} is too long for a socket", socket.filename().string())};
  }
  made.address_.sun_family = AF_UNIX;
  std::memcpy(made.address_.sun_path, path.c_str(), path.size() + 1);
  return made;
}

LocalAddress::LocalAddress(LocalAddress&& other) noexcept
    : folder_(std::exchange(other.folder_, -1)), address_(other.address_) {}

LocalAddress::~LocalAddress() {
  if (folder_ >= 0) ::close(folder_);
}

}  // namespace sportapp
