#include "journal/copy.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <system_error>
#include <thread>
#include <utility>

#include "journal/entry_row.hpp"
#include "sqlite/sqlite.hpp"

namespace sportapp::journal {
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

struct CopySource::Impl {
  // What `read` makes of the database; what SQLite throws comes as an error that names the file.
  template <class Read>
  auto read(Read read) -> Result<decltype(read())> {
    try {
      return read();
    } catch (const SQLite::Exception& exception) {
      return sqlite::to_error(exception, file);
    }
  }

  std::filesystem::path file;
  std::unique_ptr<SQLite::Database> database;
  bool held = false;
  Head head;
  Epoch epoch;
};

CopySource::CopySource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CopySource::~CopySource() = default;

Result<std::unique_ptr<CopySource>> CopySource::open(const std::filesystem::path& journal) {
  auto database = sqlite::open(journal, {.read_only = true});
  if (!database) return database.error();
  return std::unique_ptr<CopySource>(
      new CopySource(std::make_unique<Impl>(Impl{journal, std::move(*database), false, {}, {}})));
}

// The transaction is what makes a copy one of this moment: without it each commit of the journal would make
// it begin again.
Result<void> CopySource::hold() {
  const auto begun = impl_->read([this] {
    auto& database = *impl_->database;
    if (std::exchange(impl_->held, false)) database.exec("ROLLBACK");
    database.exec("BEGIN");
    impl_->held = true;
    SQLite::Statement last(database, "SELECT seq, hash, epoch FROM entries ORDER BY seq DESC LIMIT 1");
    const bool any = last.executeStep();
    impl_->head =
        any ? Head{Seq{last.getColumn(0).getInt64()}, hash_of(last.getColumn(1).getString())} : Head{};
    impl_->epoch = any ? Epoch{last.getColumn(2).getInt64()} : Epoch{};
    return true;
  });
  if (!begun) return begun.error();
  return {};
}

Head CopySource::head() const {
  return impl_->head;
}

Epoch CopySource::epoch() const {
  return impl_->epoch;
}

Result<std::uint64_t> CopySource::bytes() {
  return impl_->read([this] {
    auto& database = *impl_->database;
    const auto pages = database.execAndGet("PRAGMA page_count").getInt64();
    return static_cast<std::uint64_t>(pages * database.execAndGet("PRAGMA page_size").getInt64());
  });
}

Result<std::map<std::string, Seq>> CopySource::consumed(const std::vector<std::string>& sources) {
  std::map<std::string, Seq> positions;
  for (const auto& source : sources) {
    const auto last = impl_->read([&] { return last_consumed(*impl_->database, source); });
    if (!last) return last.error();
    if (!*last) {
      return Error{Retry::kNever,
                   fmt::format("{}: the key of the last event of {} that it has taken in is damaged; "
                               "see: sportapp verify",
                               impl_->file.string(), source)};
    }
    positions[source] = **last;
  }
  return positions;
}

Result<SnapshotFile> CopySource::copy(const std::filesystem::path& to, const CopyProgress& progress) {
  if (auto removed = remove_with_companions(to); !removed) return removed.error();
  try {
    auto& source = *impl_->database;
    const auto page_bytes = static_cast<std::uint64_t>(source.execAndGet("PRAGMA page_size").getInt64());
    {
      SQLite::Database target(to.string(),
                              SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX);
      target.exec("PRAGMA journal_mode=OFF");  // begun again, not mended, when it is cut off
      target.exec("PRAGMA synchronous=OFF");
      if (!copy_pages(source, target, page_bytes, progress)) {
        return Error{Retry::kLater, fmt::format("the copy of {} was given up", impl_->file.string())};
      }
    }
    return SnapshotFile{to, std::filesystem::file_size(to), impl_->head};
  } catch (const SQLite::Exception& exception) {
    // What is full is the disk of the copy: the source is only read.
    return sqlite::to_error(exception, exception.getErrorCode() == SQLITE_FULL ? to : impl_->file);
  } catch (const std::filesystem::filesystem_error& missing) {
    return Error{Retry::kLater, missing.what()};
  }
}

Result<SnapshotFile> copy_journal(const std::filesystem::path& journal, const std::filesystem::path& to,
                                  const std::function<bool()>& go_on) {
  const auto source = CopySource::open(journal);
  if (!source) return source.error();
  if (auto held = (*source)->hold(); !held) return held.error();
  return (*source)->copy(to, [&](std::uint64_t, std::uint64_t) { return !go_on || go_on(); });
}

Result<void> make_plain(const std::filesystem::path& copy) {
  auto database = sqlite::open(copy, {});
  if (!database) return database.error();
  try {
    const auto mode = (*database)->execAndGet("PRAGMA journal_mode=DELETE").getString();
    if (mode == "delete") return {};
    return Error{Retry::kLater, fmt::format("{}: it stays in journal mode {}", copy.string(), mode)};
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, copy);
  }
}

}  // namespace sportapp::journal
