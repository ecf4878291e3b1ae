#include "journal/copy.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <system_error>
#include <thread>

#include "journal/entry_row.hpp"
#include "sqlite/sqlite.hpp"

namespace sportapp::journal {
namespace {

constexpr int kPagesAStep = 512;  // 1 MiB

// The transaction is what makes the copy one of this moment: without it each commit of the journal would
// make the backup begin again.
Head begin_reading(SQLite::Database& source) {
  source.exec("BEGIN");
  SQLite::Statement last(source, "SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1");
  if (!last.executeStep()) return {};
  return {Seq{last.getColumn(0).getInt64()}, hash_of(last.getColumn(1).getString())};
}

// False: given up.
bool copy_pages(SQLite::Database& source, SQLite::Database& target, const std::function<bool()>& go_on) {
  SQLite::Backup backup(target, source);
  while (backup.executeStep(kPagesAStep) != SQLITE_DONE) {
    if (go_on && !go_on()) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

Result<SnapshotFile> copy_journal(const std::filesystem::path& journal, const std::filesystem::path& to,
                                  const std::function<bool()>& go_on) {
  std::error_code failed;
  for (const auto* ending : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(to.string() + ending, failed);
    if (failed) return Error{Retry::kLater, fmt::format("{}: {}", to.string(), failed.message())};
  }
  auto source = sqlite::open(journal, {.read_only = true});
  if (!source) return source.error();
  try {
    const auto head = begin_reading(**source);
    SQLite::Database target(to.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
    target.exec("PRAGMA journal_mode=OFF");  // begun again, not mended, when it is cut off
    target.exec("PRAGMA synchronous=OFF");
    if (!copy_pages(**source, target, go_on)) {
      return Error{Retry::kLater, fmt::format("the copy of {} was given up", journal.string())};
    }
    return SnapshotFile{to, std::filesystem::file_size(to), head};
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, journal);
  } catch (const std::filesystem::filesystem_error& missing) {
    return Error{Retry::kLater, missing.what()};
  }
}

}  // namespace sportapp::journal
