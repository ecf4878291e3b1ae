#include "store/sqlite/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/statvfs.h>

#include <cerrno>

#include "base/cause.hpp"

namespace sportapp::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5000;
// Names and keys come in any order, so a row changes a page of its own in an index: small pages are less to
// write.
constexpr int kPageBytes = 2048;

const char* pragma_of(Synchronous synchronous) {
  switch (synchronous) {
    case Synchronous::kOff:
      return "PRAGMA synchronous=OFF";
    case Synchronous::kNormal:
      return "PRAGMA synchronous=NORMAL";
    case Synchronous::kFull:
      break;
  }
  return "PRAGMA synchronous=FULL";
}

// SQLite tells what it could not do; the system's reason for it is looked up where it still stands.
int errno_of(const SQLite::Exception& exception, const std::filesystem::path& file) {
  std::error_code unknown;
  if (std::filesystem::is_directory(file, unknown)) return EISDIR;
  struct statvfs disk {};
  if (::statvfs(file.has_parent_path() ? file.parent_path().c_str() : ".", &disk) == 0 &&
      (disk.f_flag & ST_RDONLY) != 0) {
    return EROFS;
  }
  if (file.has_parent_path() && !std::filesystem::exists(file.parent_path(), unknown)) return ENOENT;
  const bool failed_in_use = exception.getErrorCode() == SQLITE_IOERR;
  return failed_in_use && why_not_writable(file).empty() ? EIO : EACCES;
}

}  // namespace

void close_without_checkpoint(SQLite::Database& database, bool without) {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, without ? 1 : 0, nullptr);
}

bool is_damage(const SQLite::Exception& exception) {
  return exception.getErrorCode() == SQLITE_CORRUPT || exception.getErrorCode() == SQLITE_NOTADB;
}

Error to_error(const SQLite::Exception& exception, const std::filesystem::path& file) {
  const auto said = fmt::format("SQLite {}: {}", exception.getExtendedErrorCode(), exception.what());
  const auto because = [&said](const std::string& cause) { return fmt::format("{} ({})", cause, said); };
  switch (exception.getErrorCode()) {
    case SQLITE_FULL:
      return {Retry::kLater, because(cause_of(ENOSPC, file))};
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {Retry::kLater, because(cause_of(errno_of(exception, file), file))};
    case SQLITE_NOMEM:
      return {Retry::kLater, fmt::format("{}: {}; free some memory", file.string(), said)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return {Retry::kLater, because(fmt::format("another process uses {}", file.string()))};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return {Retry::kNever, because(damaged(file))};
    default:
      return {Retry::kNever, fmt::format("{}: {}", file.string(), said)};
  }
}

Result<std::unique_ptr<SQLite::Database>> open(const std::filesystem::path& file, const Options& options) {
  try {
    if (!options.read_only && file.has_parent_path()) std::filesystem::create_directories(file.parent_path());
    const int flags =
        options.read_only ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
    // One thread at a time uses a connection, so SQLite's own mutexes are left out.
    auto database =
        std::make_unique<SQLite::Database>(file.string(), flags | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
    database->exec(fmt::format("PRAGMA cache_size=-{}", options.cache_kib));
    database->exec("PRAGMA mmap_size=0");
    if (options.careful) {
      database->exec("PRAGMA cell_size_check=ON");
      close_without_checkpoint(*database, true);
    }
    database->exec("PRAGMA trusted_schema=OFF");
    // Debian's SQLite overwrites what is deleted, which writes pages that nobody will read.
    database->exec("PRAGMA secure_delete=OFF");
    if (!options.read_only) {
      database->exec(fmt::format("PRAGMA page_size={}", kPageBytes));  // of a new file; another keeps its own
      database->exec("PRAGMA journal_mode=WAL");
      const auto page_bytes = database->execAndGet("PRAGMA page_size").getInt();
      database->exec(fmt::format("PRAGMA wal_autocheckpoint={}", options.wal_kib * 1024 / page_bytes));
      // A WAL that outgrew this while a reader held it is cut at the next checkpoint. Well above what it
      // grows to between two checkpoints: writing over blocks is cheap, having the file system allocate them
      // is not.
      database->exec("PRAGMA journal_size_limit=67108864");
      database->exec(pragma_of(options.synchronous));
    }
    return database;
  } catch (const SQLite::Exception& exception) {
    return to_error(exception, file);
  } catch (const std::filesystem::filesystem_error& failed) {
    return Error{Retry::kLater, fmt::format("cannot make the folder of {}: {}", file.string(),
                                            cause_of(failed.code().value(), file))};
  }
}

}  // namespace sportapp::sqlite
