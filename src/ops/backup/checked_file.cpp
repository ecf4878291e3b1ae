#include "ops/backup/checked_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "base/descriptor.hpp"

namespace sportapp::backup {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kStepBytes = 1 << 20;

// Calls `take` with each stretch of the file, in order; nothing of an empty one.
template <class Take>
Result<Sum> walk(const fs::path& file, const FileProgress& progress, const Take& take) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in) return failed("open", file);
  std::vector<char> buffer(kStepBytes);
  Sum sum;
  Hasher hasher;
  for (;;) {
    const auto got = ::read(in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", file);
    if (got == 0) break;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (auto taken = take(bytes); !taken) return taken.error();
    hasher.bytes(bytes);
    sum.bytes += bytes.size();
    if (progress && !progress(sum.bytes)) return Error{Retry::kLater, "interrupted"};
  }
  sum.hash = hasher.finish();
  return sum;
}

// A file that was not there.
Result<Descriptor> make(const fs::path& file) {
  std::error_code not_made;
  fs::create_directories(file.parent_path(), not_made);
  Descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return failed("make", file);
  return out;
}

Result<void> write_all(const Descriptor& out, std::string_view bytes, const fs::path& file) {
  while (!bytes.empty()) {
    const auto written = ::write(out.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write", file);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Error failed(const char* what, const fs::path& path) {
  const auto* todo = errno == ENOSPC || errno == EDQUOT ? "free some space on its disk"
                                                        : "look at its disk and its folder's permissions";
  return {Retry::kLater,
          fmt::format("cannot {} {}: {}; {}", what, path.string(), std::strerror(errno), todo)};
}

Result<Sum> sum_of(const fs::path& file, const FileProgress& progress) {
  return walk(file, progress, [](std::string_view) { return Result<void>(); });
}

Result<Sum> copy_summed(const fs::path& from, const fs::path& to, const FileProgress& progress) {
  const auto out = make(to);
  if (!out) return out.error();
  return walk(from, progress, [&](std::string_view bytes) { return write_all(*out, bytes, to); });
}

Result<Sum> write_new_file(const fs::path& to, std::string_view text) {
  const auto out = make(to);
  if (!out) return out.error();
  if (auto written = write_all(*out, text, to); !written) return written.error();
  return Sum{text.size(), Hasher().bytes(text).finish()};
}

}  // namespace sportapp::backup
