#include "base/instance_secret.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace sportapp {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHexBytes = 2 * sizeof(InstanceKey::bytes);

Error failed(const char* what, const fs::path& file) {
  return {Retry::kLater, fmt::format("{}: cannot {}: {}", file.string(), what, std::strerror(errno))};
}

std::string hex_of(const InstanceKey& key) {
  std::string text(kHexBytes + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), key.bytes.data(), key.bytes.size());
  text.back() = '\n';
  return text;
}

bool write_and_sync(int descriptor, const std::string& text) {
  const auto written = ::write(descriptor, text.data(), text.size());
  if (written >= 0 && static_cast<std::size_t>(written) != text.size()) errno = ENOSPC;
  return written == static_cast<ssize_t>(text.size()) && ::fsync(descriptor) == 0;
}

// Gives the file its name when it is whole. That another process was first is no error: its key counts.
Result<void> write_new(const fs::path& file, const std::string& text) {
  auto fresh = file.string() + ".XXXXXX";
  const int descriptor = ::mkostemp(fresh.data(), O_CLOEXEC);
  if (descriptor < 0) return failed("make the key", fresh);
  const bool named =
      write_and_sync(descriptor, text) && (::link(fresh.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const auto error = failed("make the key", file);
  ::close(descriptor);
  ::unlink(fresh.c_str());
  return named ? Result<void>() : error;
}

}  // namespace

Result<InstanceKey> load_key(const fs::path& file) {
  if (file.empty()) {
    return Error{Retry::kNever,
                 "there is no key_file in the configuration: without it no other process can be "
                 "believed; `sportapp up` and `sportapp run` write one"};
  }
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed("read the key", file);
  std::string text(kHexBytes + 2, '\0');
  const auto got = ::read(descriptor, text.data(), text.size());
  struct stat about {};
  const bool known = got >= 0 && ::fstat(descriptor, &about) == 0;
  const auto error = failed("read the key", file);
  ::close(descriptor);
  if (!known) return error;
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{Retry::kNever, fmt::format("{}: others than its owner may use this key; chmod 600 it, and "
                                            "make a new one if somebody may have read it",
                                            file.string())};
  }
  text.resize(static_cast<std::size_t>(got));
  if (text.ends_with('\n')) text.pop_back();
  InstanceKey key;
  std::size_t length = 0;
  if (text.size() != kHexBytes || sodium_hex2bin(key.bytes.data(), key.bytes.size(), text.data(), text.size(),
                                                 nullptr, &length, nullptr) != 0) {
    return Error{Retry::kNever, fmt::format("{}: not {} hexadecimal digits; stop everything, remove it and "
                                            "start again, which makes a new key",
                                            file.string(), kHexBytes)};
  }
  return key;
}

Result<InstanceKey> make_key(const fs::path& file) {
  if (sodium_init() < 0) return Error{Retry::kNever, "libsodium finds no source of random numbers"};
  if (!fs::exists(file)) {
    std::error_code ignored;  // a folder that is missing is told by what follows
    if (file.has_parent_path()) fs::create_directories(file.parent_path(), ignored);
    InstanceKey key;
    randombytes_buf(key.bytes.data(), key.bytes.size());
    if (auto written = write_new(file, hex_of(key)); !written) return written.error();
  }
  return load_key(file);
}

Hash derived_secret(const InstanceKey& key, std::string_view context) {
  Hash secret{};
  crypto_generichash(secret.data(), secret.size(), reinterpret_cast<const unsigned char*>(context.data()),
                     context.size(), key.bytes.data(), key.bytes.size());
  return secret;
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sportapp
