#include "store/journal/store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstring>
#include <stdexcept>

#include "store/journal/entry_row.hpp"
#include "store/sqlite/sqlite.hpp"
#include "store/sqlite/use.hpp"

namespace sportapp::journal {
namespace {

// The seq gives the order, the key finds the first answer again, and what the entries imply stands beside
// them.
constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries(
  seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, time_ms INTEGER NOT NULL, key TEXT NOT NULL UNIQUE,
  fingerprint BLOB NOT NULL, type TEXT NOT NULL, version INTEGER NOT NULL, payload TEXT NOT NULL,
  status INTEGER NOT NULL, answer TEXT NOT NULL, location TEXT NOT NULL, hash BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS state_rows(
  tbl TEXT NOT NULL, id INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY(tbl, id)) WITHOUT ROWID;
)sql";
constexpr const char* kUniques = "state_uniques";
constexpr int kFormat = 2;
constexpr int kFormatWithBase =
    kFormatMax;                          // entries are deleted: a program that knows of none must not open it
constexpr int kFormatWithoutRecent = 1;  // taken over as it is
// Writes nothing once it says so.
constexpr const char* kMarkTrimmed = "UPDATE meta SET value = 3 WHERE name = 'format' AND value <> 3";
constexpr int kCloseMs = 2000;  // for which a reader may hold the WAL
constexpr int kWalKib = 16 * 1024;
constexpr int kCacheKib = 24 * 1024;

using sqlite::Use;

std::string text_of(SQLite::Statement& statement, int index) {
  const auto column = statement.getColumn(index);
  return {column.getText(), static_cast<std::size_t>(column.getBytes())};
}

Hash hash_of(SQLite::Statement& statement, int index) {
  const auto column = statement.getColumn(index);
  Hash hash{};
  if (column.getBytes() != static_cast<int>(hash.size())) {
    throw SQLite::Exception("an entry's hash has the wrong size", SQLITE_CORRUPT);
  }
  std::memcpy(hash.data(), column.getBlob(), hash.size());
  return hash;
}

void create_tables(SQLite::Database& database) {
  database.exec(kSchema);
  create_base(database);
  sqlite::ValueIndex::create(database, kUniques);
}

bool empty_wal(SQLite::Database& database) {
  return database.execAndGet("PRAGMA wal_checkpoint(TRUNCATE)").getInt() == 0;
}

void count_opening(SQLite::Database& database) {
  database.exec("INSERT INTO meta VALUES('opened', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1");
}

}  // namespace

Error newer_format(const std::filesystem::path& file, int format) {
  return {Retry::kNever, fmt::format("{}: journal format {}, this program knows {}; use a newer one",
                                     file.string(), format, kFormatMax)};
}

std::int64_t times_opened_of(SQLite::Database& database) {
  return database.execAndGet("SELECT coalesce(max(value), 0) FROM meta WHERE name = 'opened'").getInt64();
}

StoredState::StoredState(SQLite::Database& database)
    : row_(database, "SELECT json FROM state_rows WHERE tbl = ? AND id = ?"),
      last_id_(database, "SELECT id FROM state_rows WHERE tbl = ? ORDER BY id DESC LIMIT 1"),
      put_row_(database, "INSERT OR REPLACE INTO state_rows VALUES(?, ?, ?)"),
      remove_row_(database, "DELETE FROM state_rows WHERE tbl = ? AND id = ?"),
      uniques_(database, kUniques) {}

std::optional<std::string> StoredState::row(std::string_view table, Id id) const {
  Use use(row_);
  if (!use.bind(1, table).bind(2, id.value).step()) return std::nullopt;
  return text_of(row_, 0);
}

std::optional<Id> StoredState::id_of(std::string_view unique_field, std::string_view value) const {
  return uniques_.find(unique_field, value);
}

Id StoredState::last_id(std::string_view table) const {
  Use use(last_id_);
  return use.bind(1, table).step() ? Id{last_id_.getColumn(0).getInt64()} : Id{};
}

void StoredState::put_row(std::string_view table, Id id, std::string_view json) {
  Use(put_row_).bind(1, table).bind(2, id.value).bind(3, json).step();
}

void StoredState::remove_row(std::string_view table, Id id) {
  Use(remove_row_).bind(1, table).bind(2, id.value).step();
}

void StoredState::put_unique(std::string_view unique_field, std::string_view value, Id id) {
  if (uniques_.find(unique_field, value)) {
    throw std::logic_error("unique value stored twice: " + std::string(value));
  }
  uniques_.put(unique_field, value, id);
}

Store::Store(std::filesystem::path file, std::unique_ptr<SQLite::Database> database)
    : file_(std::move(file)),
      database_(std::move(database)),
      state_(*database_),
      begin_(*database_, "BEGIN IMMEDIATE"),
      commit_(*database_, "COMMIT"),
      rollback_(*database_, "ROLLBACK"),
      savepoint_(*database_, "SAVEPOINT command"),
      release_(*database_, "RELEASE command"),
      undo_(*database_, "ROLLBACK TO command"),
      find_(*database_, "SELECT seq, fingerprint, status, answer, location FROM entries WHERE key = ?"),
      append_(*database_, "INSERT INTO entries VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      head_(*database_, "SELECT seq, hash, epoch FROM entries ORDER BY seq DESC LIMIT 1"),
      hash_at_(*database_, kSelectHash),
      base_(*database_) {}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& file) {
  auto database = sqlite::open(file, {.cache_kib = kCacheKib, .wal_kib = kWalKib, .careful = true});
  if (!database) return database.error();
  try {
    create_tables(**database);
    (*database)->exec(
        fmt::format("INSERT INTO meta VALUES('format', {}) ON CONFLICT(name) DO UPDATE SET value = "
                    "excluded.value WHERE value = {}",
                    kFormat, kFormatWithoutRecent));
    const auto format = (*database)->execAndGet("SELECT value FROM meta WHERE name = 'format'").getInt();
    if (format != kFormat && format != kFormatWithBase) return newer_format(file, format);
    const bool emptied = empty_wal(**database);
    count_opening(**database);
    auto store = std::unique_ptr<Store>(new Store(file, std::move(*database)));
    store->wal_was_emptied_ = emptied;
    auto checkpointer = sqlite::Checkpointer::start(*store->database_, file, kWalKib);
    if (!checkpointer) return checkpointer.error();
    store->checkpointer_ = std::move(*checkpointer);
    return store;
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, file);
  }
}

std::unique_ptr<Store> Store::in_memory() {
  auto database = std::make_unique<SQLite::Database>(":memory:", SQLite::OPEN_READWRITE);
  create_tables(*database);
  return std::unique_ptr<Store>(new Store({}, std::move(database)));
}

Result<std::optional<sqlite::WholeFile>> Store::close(std::uint64_t bytes_max) {
  checkpointer_.reset();
  try {
    database_->setBusyTimeout(kCloseMs);
    if (!empty_wal(*database_)) {
      return Error{Retry::kLater, fmt::format("{}: a program still reads it, so a part of it stays in {}-wal",
                                              file_.string(), file_.string())};
    }
    const auto pages = database_->execAndGet("PRAGMA page_count").getInt64();
    const auto bytes = pages * database_->execAndGet("PRAGMA page_size").getInt64();
    // Whoever closes it last may take the empty WAL away.
    sqlite::close_without_checkpoint(*database_, false);
    if (static_cast<std::uint64_t>(bytes) > bytes_max) return std::optional<sqlite::WholeFile>();
    auto whole = sqlite::read_whole(*database_, file_);
    if (!whole) return whole.error();
    return std::optional(std::move(*whole));
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, file_);
  }
}

void Store::begin() {
  Use(begin_).step();
  changes_before_ = state_.uniques().changes();
}

void Store::commit() {
  state_.uniques().move_some();
  Use(commit_).step();
}

void Store::rollback() noexcept {
  // SQLite has rolled back by itself after some errors; then there is nothing to do.
  rollback_.tryExecuteStep();
  rollback_.tryReset();
  state_.uniques().rolled_back(changes_before_);
}

Store::Savepoint::Savepoint(Store& store) : store_(store), changes_before_(store.state_.uniques().changes()) {
  Use(store_.savepoint_).step();
}

Store::Savepoint::~Savepoint() {
  if (!kept_) {
    store_.undo_.tryExecuteStep();
    store_.undo_.tryReset();
    store_.release_.tryExecuteStep();
    store_.release_.tryReset();
    store_.state_.uniques().rolled_back(changes_before_);
  }
}

void Store::Savepoint::keep() {
  Use(store_.release_).step();
  kept_ = true;
}

std::optional<Entry> Store::find(std::string_view key) {
  Use use(find_);
  if (!use.bind(1, key).step()) return base_.find(key);
  return answered_of(find_, key);
}

void Store::append(const Entry& entry) {
  Use(append_)
      .bind(1, entry.seq.value)
      .bind(2, entry.epoch.value)
      .bind(3, entry.time_ms)
      .bind(4, entry.key)
      .bind_blob(5, entry.fingerprint.data(), entry.fingerprint.size())
      .bind(6, entry.event.type)
      .bind(7, std::int64_t{entry.event.version})
      .bind(8, entry.event.payload)
      .bind(9, std::int64_t{entry.answer.status})
      .bind(10, entry.answer.body)
      .bind(11, entry.answer.location)
      .bind_blob(12, entry.hash.data(), entry.hash.size())
      .step();
}

void Store::append_of_other(const Entry& entry) {
  base_.displace(entry.key);
  append(entry);
}

Position Store::trim(Seq upto, std::size_t most) {
  // Whatever throws before it is FULL again: the journal then opens its file anew.
  database_->exec("PRAGMA synchronous=NORMAL");
  Use(begin_).step();
  const auto now = base_.advance(upto, most);
  database_->exec(kMarkTrimmed);
  Use(commit_).step();
  database_->exec("PRAGMA synchronous=FULL");
  return now;
}

Settled Store::last() {
  Use use(head_);
  if (!use.step()) return {};
  return {Seq{head_.getColumn(0).getInt64()}, hash_of(head_, 1), Epoch{head_.getColumn(2).getInt64()}};
}

messaging::Place Store::consumed(std::string_view source) {
  return place_consumed(*database_, source).value();
}

std::optional<Hash> Store::hash_at(Seq seq) {
  if (const auto first = base(); seq <= first.seq) {
    return seq == first.seq ? std::optional(first.hash) : std::nullopt;
  }
  Use use(hash_at_);
  if (!use.bind(1, seq.value).step()) return std::nullopt;
  return hash_of(hash_at_, 0);
}

}  // namespace sportapp::journal
