#include "ops/instance/cluster_key.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/aside.hpp"
#include "base/cause.hpp"
#include "base/files.hpp"

namespace sportapp::instance {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytes = 32;

Error cannot_make(const fs::path& file) {
  return {Retry::kLater, fmt::format("cannot make the key {}: {}", file.string(), cause_of(errno, file))};
}

bool is_key(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.size() == 2 * kBytes && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_there(const fs::path& file) {
  std::error_code unknown;
  return fs::exists(fs::symlink_status(file, unknown));
}

// Its text; none where it is no file that can be read as one.
std::optional<std::string> text_of(const fs::path& file) {
  std::error_code unknown;
  return fs::is_regular_file(file, unknown) ? read_file(file) : std::nullopt;
}

Result<void> check(const fs::path& file) {
  const auto text = text_of(file);
  if (!text && !why_not_writable(file).empty()) {
    return Error{Retry::kNever,
                 fmt::format("cannot read the key {}: {}", file.string(), why_not_writable(file))};
  }
  if (!is_key(text.value_or(""))) {
    return Error{
        Retry::kNever,
        fmt::format("the key {} is damaged; end what runs, remove it, and start again", file.string())};
  }
  struct stat seen {};
  if (::stat(file.c_str(), &seen) == 0 && (seen.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{Retry::kNever, fmt::format("others may read the key {}; forbid it: chmod 600 {}",
                                            file.string(), file.string())};
  }
  return {};
}

std::string random_key() {
  std::array<unsigned char, kBytes> bytes{};
  std::array<char, 2 * kBytes + 1> text{};
  randombytes_buf(bytes.data(), bytes.size());
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  return std::string(text.data()) + "\n";
}

}  // namespace

Result<void> ensure_cluster_key(const fs::path& file) {
  if (is_there(file)) return check(file);
  if (sodium_init() < 0) return Error{Retry::kNever, "libsodium does not start"};
  const auto key = random_key();
  const auto beside = fmt::format("{}.{}", file.string(), ::getpid());
  ::unlink(beside.c_str());
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return cannot_make(file);
  const bool written =
      ::write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && ::fsync(fd) == 0;
  ::close(fd);
  // A link, not a rename: of several that start at once the first gives all of them their key.
  const bool linked = written && (::link(beside.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  ::unlink(beside.c_str());
  errno = error;
  if (!linked) return cannot_make(file);
  return check(file);
}

Result<std::string> replace_damaged_key(const fs::path& file) {
  if (!is_there(file) || is_key(text_of(file).value_or(""))) return std::string();
  const auto beside = put_aside(file);
  if (!beside) return beside.error();
  return fmt::format(
      "the key {} was damaged, and a new one is made: only the processes of this instance use "
      "it, and none runs; the old one is kept as {}",
      file.string(), beside->filename().string());
}

}  // namespace sportapp::instance
