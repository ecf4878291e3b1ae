#include "store/journal/base.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <string>

#include "store/journal/entry_row.hpp"
#include "store/sqlite/use.hpp"

namespace sportapp::journal {
namespace {

using sqlite::Use;

constexpr const char* kBaseSchema = R"sql(
CREATE TABLE IF NOT EXISTS base(
  one INTEGER PRIMARY KEY CHECK(one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS base_taken_in(source TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS base_taken_hash(
  source TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS base_keys(
  key TEXT PRIMARY KEY, seq INTEGER NOT NULL, fingerprint BLOB NOT NULL, status INTEGER NOT NULL,
  answer TEXT NOT NULL, location TEXT NOT NULL) WITHOUT ROWID;
)sql";
constexpr char kDisplaced = '\x01';
constexpr std::string_view kInternal = " ";  // with it begins every key that is not a client's

bool has_base(SQLite::Database& database) {
  return database.tableExists("base");
}

// The source of a key as key_of_consumed() makes it; nothing for another key.
std::optional<std::string> source_in(std::string_view key) {
  const auto slash = key.rfind('/');
  if (!key.starts_with(kInternal) || slash == std::string_view::npos) return std::nullopt;
  std::string source(key.substr(kInternal.size(), slash - kInternal.size()));
  if (source.find('/') != std::string::npos || !consumed_by(key, source)) return std::nullopt;
  return source;
}

}  // namespace

Error deleted(const std::filesystem::path& file, Seq after, Seq base) {
  return {Retry::kNever,
          fmt::format("{}: entries up to {} were deleted by retention, so what follows {} is not "
                      "there from its beginning",
                      file.string(), base.value, after.value)};
}

void create_base(SQLite::Database& database) {
  database.exec(kBaseSchema);
}

Position base_of(SQLite::Database& database) {
  if (!has_base(database)) return {};
  SQLite::Statement select(database, kSelectBase);
  return base_in(select);
}

Position base_in(SQLite::Statement& select) {
  Use use(select);
  if (!use.step()) return {};
  return {Seq{select.getColumn(0).getInt64()}, hash_of(select.getColumn(1).getString())};
}

Seq taken_in_before_base(SQLite::Database& database, std::string_view source) {
  if (!has_base(database)) return {};
  SQLite::Statement select(database, "SELECT seq FROM base_taken_in WHERE source = ?");
  select.bind(1, std::string(source));
  return select.executeStep() ? Seq{select.getColumn(0).getInt64()} : Seq{};
}

std::optional<Hash> hash_taken_in_before_base(SQLite::Database& database, std::string_view source, Seq seq) {
  if (!database.tableExists("base_taken_hash")) return std::nullopt;
  SQLite::Statement select(database, "SELECT hash FROM base_taken_hash WHERE source = ? AND seq = ?");
  select.bind(1, std::string(source));
  select.bind(2, seq.value);
  return select.executeStep() ? std::optional(hash_of(select.getColumn(0).getString())) : std::nullopt;
}

std::string_view key_in_row(std::string_view stored) {
  if (!stored.starts_with(kDisplaced)) return stored;
  const auto end = stored.find(kDisplaced, 1);
  return end == std::string_view::npos ? stored : stored.substr(end + 1);
}

BaseWriter::BaseWriter(SQLite::Database& database)
    : base_(database, kSelectBase),
      last_(database, "SELECT seq, hash FROM entries WHERE seq <= ? ORDER BY seq DESC LIMIT 1"),
      internal_(
          database,
          "SELECT key, seq, answer FROM entries WHERE seq <= ? AND substr(key, 1, 1) = ' ' ORDER BY seq"),
      take_in_(database,
               "INSERT INTO base_taken_in VALUES(?, ?) ON CONFLICT(source) DO UPDATE SET seq = "
               "max(seq, excluded.seq)"),
      take_hash_(database,
                 "INSERT INTO base_taken_hash VALUES(?, ?, ?) ON CONFLICT(source) DO UPDATE SET seq = "
                 "excluded.seq, hash = excluded.hash WHERE excluded.seq > seq"),
      keep_key_(
          database,
          "INSERT OR REPLACE INTO base_keys SELECT key, seq, fingerprint, status, answer, location FROM "
          "entries WHERE seq = ?"),
      delete_(database, "DELETE FROM entries WHERE seq <= ?"),
      put_base_(database, "INSERT OR REPLACE INTO base VALUES(1, ?, ?)"),
      find_(database, "SELECT seq, fingerprint, status, answer, location FROM base_keys WHERE key = ?"),
      displace_(database, "UPDATE entries SET key = char(1) || seq || char(1) || key WHERE key = ?") {}

Position BaseWriter::base() {
  return base_in(base_);
}

Position BaseWriter::advance(Seq upto, std::size_t most) {
  const auto before = base();
  const auto end = std::min(upto.value, before.seq.value + static_cast<std::int64_t>(most));
  if (end <= before.seq.value) return before;
  Position now;
  {
    Use use(last_);
    if (!use.bind(1, end).step() || last_.getColumn(0).getInt64() != end) {
      throw SQLite::Exception("an entry that retention would delete is missing", SQLITE_CORRUPT);
    }
    now = {Seq{end}, hash_of(last_.getColumn(1).getString())};
  }
  {
    Use use(internal_);
    use.bind(1, end);
    while (use.step()) {
      keep_of(internal_.getColumn(0).getString(), Seq{internal_.getColumn(1).getInt64()},
              internal_.getColumn(2).getString());
    }
  }
  Use(delete_).bind(1, end).step();
  Use(put_base_).bind(1, now.seq.value).bind_blob(2, now.hash.data(), now.hash.size()).step();
  return now;
}

void BaseWriter::keep_of(const std::string& key, Seq seq, std::string_view answer) {
  if (const auto source = source_in(key)) {
    const auto upto = consumed_by(key, *source)->value;
    Use(take_in_).bind(1, *source).bind(2, upto).step();
    if (const auto hash = hash_of_consumed(answer)) {
      Use(take_hash_).bind(1, *source).bind(2, upto).bind_blob(3, hash->data(), hash->size()).step();
    }
  } else {
    Use(keep_key_).bind(1, seq.value).step();
  }
}

std::optional<Entry> BaseWriter::find(std::string_view key) {
  if (!key.starts_with(kInternal)) return std::nullopt;
  Use use(find_);
  if (!use.bind(1, key).step()) return std::nullopt;
  return answered_of(find_, key);
}

void BaseWriter::displace(std::string_view key) {
  if (key.starts_with(kInternal)) return;
  Use(displace_).bind(1, key).step();
}

}  // namespace sportapp::journal
