#include "base/durable.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/cause.hpp"
#include "base/descriptor.hpp"

namespace sportapp {

namespace fs = std::filesystem;

Result<void> sync_to_disk(const fs::path& path) {
  const Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened && ::fsync(opened.get()) == 0) return {};
  return Error{Retry::kLater, fmt::format("cannot sync {}: {}", path.string(), cause_of(errno, path))};
}

Result<void> rename_durably(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::rename(from, to, failed);
  if (failed) {
    return Error{Retry::kLater, fmt::format("{} cannot be renamed to {}: {}", from.string(), to.string(),
                                            cause_of(failed.value(), to))};
  }
  return sync_to_disk(to.has_parent_path() ? to.parent_path() : fs::path("."));
}

}  // namespace sportapp
