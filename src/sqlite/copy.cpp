#include "sqlite/copy.hpp"

#include <SQLiteCpp/Backup.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <system_error>
#include <thread>

#include "sqlite/sqlite.hpp"

namespace sportapp::sqlite {
namespace {

constexpr int kPagesAStep = 512;  // 1 MiB

Result<void> remove_with_companions(const std::filesystem::path& file) {
  std::error_code failed;
  for (const auto* ending : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(file.string() + ending, failed);
    if (failed) return Error{Retry::kLater, fmt::format("{}: {}", file.string(), failed.message())};
  }
  return {};
}

// False: given up.
bool copy_pages(SQLite::Database& source, SQLite::Database& target, std::uint64_t page_bytes,
                const CopyProgress& progress) {
  SQLite::Backup backup(target, source);
  while (backup.executeStep(kPagesAStep) != SQLITE_DONE) {
    const auto of = static_cast<std::uint64_t>(backup.getTotalPageCount());
    const auto left = static_cast<std::uint64_t>(backup.getRemainingPageCount());
    if (progress && !progress((of - left) * page_bytes, of * page_bytes)) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

std::uint64_t bytes_of(SQLite::Database& source) {
  const auto pages = source.execAndGet("PRAGMA page_count").getInt64();
  return static_cast<std::uint64_t>(pages * source.execAndGet("PRAGMA page_size").getInt64());
}

Result<std::uint64_t> copy(SQLite::Database& source, const std::filesystem::path& file,
                           const std::filesystem::path& to, const CopyProgress& progress) {
  if (auto removed = remove_with_companions(to); !removed) return removed.error();
  try {
    const auto page_bytes = static_cast<std::uint64_t>(source.execAndGet("PRAGMA page_size").getInt64());
    {
      SQLite::Database target(to.string(),
                              SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
      target.exec("PRAGMA journal_mode=OFF");  // begun again, not mended, when it is cut off
      target.exec("PRAGMA synchronous=OFF");
      if (!copy_pages(source, target, page_bytes, progress)) {
        return Error{Retry::kLater, fmt::format("the copy of {} was given up", file.string())};
      }
    }
    return std::uint64_t{std::filesystem::file_size(to)};
  } catch (const SQLite::Exception& exception) {
    // What is full is the disk of the copy: the source is only read.
    return to_error(exception, exception.getErrorCode() == SQLITE_FULL ? to : file);
  } catch (const std::filesystem::filesystem_error& missing) {
    return Error{Retry::kLater, missing.what()};
  }
}

}  // namespace sportapp::sqlite
