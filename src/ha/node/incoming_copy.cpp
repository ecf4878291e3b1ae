#include "ha/node/incoming_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/cause.hpp"

namespace sportapp::node {

namespace fs = std::filesystem;

IncomingCopy::IncomingCopy(fs::path file) : file_(std::move(file)) {
  std::error_code ignored;
  fs::remove(file_, ignored);  // of a process that was killed
}

IncomingCopy::~IncomingCopy() {
  std::error_code ignored;
  fs::remove(file_, ignored);
}

Result<void> IncomingCopy::write(std::uint64_t offset, std::string_view bytes) {
  if (offset == 0) {
    opened_ = Descriptor(::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    unsynced_ = 0;
    if (!opened_) return failed("make");
  }
  while (!bytes.empty()) {
    const auto most = std::min<std::uint64_t>(bytes.size(), kSliceBytes - unsynced_);
    const auto written = ::pwrite(opened_.get(), bytes.data(), most, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
    unsynced_ += static_cast<std::uint64_t>(written);
    if (unsynced_ < kSliceBytes) continue;
    if (auto synced = sync(); !synced) return synced;
  }
  return {};
}

Result<fs::path> IncomingCopy::finish() {
  if (auto synced = sync(); !synced) return synced.error();
  opened_ = Descriptor();
  return file_;
}

Result<void> IncomingCopy::sync() {
  if (::fdatasync(opened_.get()) != 0) return failed("sync");
  unsynced_ = 0;
  return {};
}

Error IncomingCopy::failed(const char* doing) const {
  return {Retry::kLater, fmt::format("cannot {} {}: {}", doing, file_.string(), cause_of(errno, file_))};
}

}  // namespace sportapp::node
