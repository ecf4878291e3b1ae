#include "store/projection/model_file.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <algorithm>

#include "base/cause.hpp"
#include "net/messaging/event_source.hpp"
#include "store/projection/read_model.hpp"
#include "store/sqlite/value_index.hpp"

namespace sportapp::projection {
namespace {

namespace fs = std::filesystem;

constexpr int kSchemaVersion = 3;
constexpr std::size_t kPageRows = 1000;
constexpr int kWriterCacheKib = 8 * 1024;
constexpr const char* kSchema = R"(
  CREATE TABLE meta(one INTEGER PRIMARY KEY CHECK(one = 1), service TEXT NOT NULL, position INTEGER NOT NULL);
  CREATE TABLE views(id INTEGER PRIMARY KEY, view TEXT NOT NULL);
  CREATE TABLE links(kind TEXT, of INTEGER, id INTEGER, PRIMARY KEY(kind, of, id)) WITHOUT ROWID;
  CREATE TABLE set_aside(seq INTEGER PRIMARY KEY, event TEXT NOT NULL, reason TEXT NOT NULL);
)";

constexpr const char* kOrigin =
    "CREATE TABLE IF NOT EXISTS origin(one INTEGER PRIMARY KEY CHECK(one = 1), hash BLOB NOT NULL)";

// Likewise in the file of an earlier version, which kept none.
constexpr const char* kLastEntry =
    "CREATE TABLE IF NOT EXISTS last_entry(one INTEGER PRIMARY KEY CHECK(one = 1), seq INTEGER NOT NULL, "
    "hash BLOB NOT NULL)";

void create_schema(SQLite::Database& database, std::string_view service) {
  SQLite::Transaction transaction(database);
  database.exec(kSchema);
  sqlite::ValueIndex::create(database, kLookups);
  SQLite::Statement insert(database, "INSERT INTO meta VALUES (1, ?, 0)");
  insert.bind(1, std::string(service));
  insert.exec();
  database.exec(fmt::format("PRAGMA user_version={}", kSchemaVersion));
  transaction.commit();
}

// Why the file cannot serve this service, if so.
std::optional<std::string> mismatch(SQLite::Database& database, std::string_view service) {
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  if (version != kSchemaVersion) {
    return fmt::format("is of version {}, this program writes version {}", version, kSchemaVersion);
  }
  const auto owner = database.execAndGet("SELECT service FROM meta").getString();
  if (owner != service) return fmt::format("is a read model of '{}', not of '{}'", owner, service);
  return std::nullopt;
}

bool is_empty(SQLite::Database& database) {
  return database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
}

// Nothing where it is none.
std::optional<Hash> hash_in(const SQLite::Column& column) {
  const auto bytes = column.getString();
  Hash hash{};
  if (bytes.size() != hash.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

const std::array<const char*, 3> kSuffixes = {"", "-wal", "-shm"};

fs::path with_suffix(const fs::path& file, const char* suffix) {
  auto path = file;
  path += suffix;
  return path;
}

}  // namespace

Result<std::unique_ptr<SQLite::Database>> open_model_file(const fs::path& file, std::string_view service,
                                                          bool is_base) {
  // What a queries process has can be read again from the journal: losing the last commits with the power is
  // no loss. What a base model has is deleted there next.
  const auto synchronous = is_base ? sqlite::Synchronous::kFull : sqlite::Synchronous::kNormal;
  auto opened = sqlite::open(file, {.synchronous = synchronous, .cache_kib = kWriterCacheKib});
  if (!opened) return opened.error();
  auto& database = **opened;
  try {
    if (is_empty(database)) create_schema(database, service);
    if (is_base) database.exec(kOrigin);
    if (const auto why = mismatch(database, service)) {
      return Error{Retry::kNever, fmt::format("{}: {}", file.string(), *why)};
    }
    database.exec(kLastEntry);
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, file);
  }
  return std::move(*opened);
}

Seq position_of(SQLite::Database& database) {
  return {database.execAndGet("SELECT position FROM meta").getInt64()};
}

messaging::Place place_of(SQLite::Database& database) {
  const auto position = position_of(database);
  if (position == Seq{}) return messaging::beginning();
  SQLite::Statement select(database, "SELECT hash FROM last_entry WHERE seq = ?");
  select.bind(1, position.value);
  if (!select.executeStep()) return {position, std::nullopt};
  const auto hash = hash_in(select.getColumn(0));
  return {position, hash == Hash{} ? std::nullopt : hash};
}

std::optional<Hash> origin_of(SQLite::Database& database) {
  if (!database.tableExists("origin")) return std::nullopt;
  SQLite::Statement select(database, "SELECT hash FROM origin");
  if (!select.executeStep()) return std::nullopt;
  return hash_in(select.getColumn(0));
}

std::vector<SetAside> set_aside_of(SQLite::Database& database, Seq after, std::size_t limit) {
  SQLite::Statement select(database,
                           "SELECT seq, event, reason FROM set_aside WHERE seq > ? ORDER BY seq LIMIT ?");
  select.bind(1, after.value);
  select.bind(2, static_cast<std::int64_t>(limit));
  std::vector<SetAside> found;
  while (select.executeStep()) {
    const Seq seq{select.getColumn(0).getInt64()};
    auto event = messaging::decode(select.getColumn(1).getString());
    if (!event || event->seq != seq) {
      const auto why = event ? "is stored as another" : event.error().what;
      throw SQLite::Exception(fmt::format("event {} set aside: {}", seq.value, why), SQLITE_CORRUPT);
    }
    found.push_back({std::move(*event), select.getColumn(2).getString()});
  }
  return found;
}

Hash digest_of(SQLite::Database& database) {
  Hasher hasher;
  const auto text = [](const SQLite::Column& column) {
    return std::string_view(column.getText(), static_cast<std::size_t>(column.getBytes()));
  };
  SQLite::Statement views(database, "SELECT id, view FROM views ORDER BY id");
  while (views.executeStep()) {
    hasher.field(views.getColumn(0).getInt64()).field(text(views.getColumn(1)));
  }
  sqlite::SortedValues lookups(database, kLookups);
  for (auto page = lookups.after("", "", kPageRows); !page.empty();
       page = lookups.after(page.back().field, page.back().value, kPageRows)) {
    for (const auto& lookup : page) hasher.field(lookup.field).field(lookup.value).field(lookup.id.value);
  }
  SQLite::Statement links(database, "SELECT kind, of, id FROM links ORDER BY kind, of, id");
  while (links.executeStep()) {
    hasher.field(text(links.getColumn(0))).field(links.getColumn(1).getInt64());
    hasher.field(links.getColumn(2).getInt64());
  }
  return hasher.finish();
}

Result<void> put_aside(const fs::path& file) {
  for (const auto* suffix : kSuffixes) {
    const auto from = with_suffix(file, suffix);
    const auto to = with_suffix(with_suffix(file, ".damaged"), suffix);
    std::error_code failed;
    fs::remove(to, failed);
    if (!fs::exists(from, failed)) continue;
    fs::rename(from, to, failed);
    if (failed) {
      return Error{Retry::kLater, fmt::format("{} cannot be put aside as {}: {}", from.string(), to.string(),
                                              cause_of(failed.value(), from))};
    }
    spdlog::warn("read model file {} was put aside as {}", from.string(), to.string());
  }
  return {};
}

Result<void> remove_model(const fs::path& file) {
  for (const auto* suffix : kSuffixes) {
    const auto path = with_suffix(file, suffix);
    std::error_code failed;
    fs::remove(path, failed);
    if (failed) {
      return Error{Retry::kLater,
                   fmt::format("{} cannot be removed: {}", path.string(), cause_of(failed.value(), path))};
    }
  }
  return {};
}

}  // namespace sportapp::projection
