#include "store/sqlite/held_file.hpp"

#include <SQLiteCpp/Backup.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <system_error>
#include <thread>

#include "base/cause.hpp"

namespace sportapp::sqlite {
namespace {

constexpr int kPagesAStep = 512;  // 1 MiB

Result<void> remove_with_companions(const std::filesystem::path& file) {
  std::error_code failed;
  for (const auto* ending : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(file.string() + ending, failed);
    if (failed)
      return Error{Retry::kLater, fmt::format("{}: {}", file.string(), cause_of(failed.value(), file))};
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

Result<HeldFile> HeldFile::open(const std::filesystem::path& file) {
  auto database = sqlite::open(file, {.read_only = true});
  if (!database) return database.error();
  return HeldFile(file, std::move(*database));
}

Result<std::uint64_t> HeldFile::bytes() {
  return read([](SQLite::Database& database) {
    const auto pages = database.execAndGet("PRAGMA page_count").getInt64();
    return static_cast<std::uint64_t>(pages * database.execAndGet("PRAGMA page_size").getInt64());
  });
}

Result<std::uint64_t> HeldFile::copy(const std::filesystem::path& to, const CopyProgress& progress) {
  if (auto removed = remove_with_companions(to); !removed) return removed.error();
  try {
    const auto page_bytes = static_cast<std::uint64_t>(database_->execAndGet("PRAGMA page_size").getInt64());
    {
      SQLite::Database target(to.string(),
                              SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
      target.exec("PRAGMA journal_mode=OFF");  // begun again, not mended, when it is cut off
      target.exec("PRAGMA synchronous=OFF");
      if (!copy_pages(*database_, target, page_bytes, progress)) {
        return Error{Retry::kLater, fmt::format("the copy of {} was given up", file_.string())};
      }
    }
    return std::uint64_t{std::filesystem::file_size(to)};
  } catch (const SQLite::Exception& exception) {
    // What is full is the disk of the copy: the source is only read.
    return to_error(exception, exception.getErrorCode() == SQLITE_FULL ? to : file_);
  } catch (const std::filesystem::filesystem_error& missing) {
    return Error{Retry::kLater, missing.what()};
  }
}

}  // namespace sportapp::sqlite
