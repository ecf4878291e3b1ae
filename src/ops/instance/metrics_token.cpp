#include "ops/instance/metrics_token.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/cause.hpp"
#include "net/http/authorization.hpp"

namespace sportapp::instance {

Result<std::string> read_metrics_token(const std::filesystem::path& key_file) {
  const auto key = load_key(key_file);
  if (!key) return key.error();
  return http::metrics_token(*key);
}

Result<void> write_metrics_token(const std::filesystem::path& key_file, const std::filesystem::path& file) {
  const auto token = read_metrics_token(key_file);
  if (!token) return token.error();
  const auto text = *token + "\n";
  const auto beside = fmt::format("{}.{}", file.string(), ::getpid());
  ::unlink(beside.c_str());
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) ::close(fd);
  if (written && ::rename(beside.c_str(), file.c_str()) == 0) return {};
  const auto why = cause_of(errno, file);
  ::unlink(beside.c_str());
  return Error{Retry::kLater, fmt::format("cannot write {}: {}", file.string(), why)};
}

}  // namespace sportapp::instance
