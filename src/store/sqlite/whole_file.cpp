#include "store/sqlite/whole_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

#include "base/cause.hpp"
#include "base/descriptor.hpp"

namespace sportapp::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStepBytes = std::size_t{1} << 20;

Error failed(const fs::path& file, std::string_view why) {
  return {Retry::kLater, fmt::format("{}: it cannot be read: {}", file.string(), why)};
}

}  // namespace

Result<WholeFile> read_whole(const fs::path& file) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in) return failed(file, cause_of(errno, file));
  WholeFile whole;
  Hasher hasher;
  std::string buffer(kStepBytes, '\0');
  for (;;) {
    const auto got = ::read(in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(file, cause_of(errno, file));
    if (got == 0) break;
    hasher.bytes(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    whole.bytes += static_cast<std::uint64_t>(got);
  }
  whole.hash = hasher.finish();
  return whole;
}

Result<WholeFile> read_whole(SQLite::Database& database, const fs::path& file) {
  sqlite3_file* opened = nullptr;
  sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&opened));
  sqlite3_int64 bytes = 0;
  if (opened == nullptr || opened->pMethods == nullptr) return failed(file, "it is not open");
  if (opened->pMethods->xFileSize(opened, &bytes) != SQLITE_OK) return failed(file, "its size is not known");
  Hasher hasher;
  std::string buffer(kStepBytes, '\0');
  for (sqlite3_int64 at = 0; at < bytes;) {
    const auto count = static_cast<int>(std::min<sqlite3_int64>(bytes - at, kStepBytes));
    if (opened->pMethods->xRead(opened, buffer.data(), count, at) != SQLITE_OK)
      return failed(file, fmt::format("at byte {}", at));
    hasher.bytes(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    at += count;
  }
  return WholeFile{static_cast<std::uint64_t>(bytes), hasher.finish()};
}

}  // namespace sportapp::sqlite
