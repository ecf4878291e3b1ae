#include "store/journal/reader.hpp"

#include <fmt/format.h>

#include "store/journal/base.hpp"
#include "store/journal/entry_row.hpp"
#include "store/journal/store.hpp"
#include "store/sqlite/snapshot.hpp"

namespace sportapp::journal {

struct Reader::Impl {
  explicit Impl(sqlite::Snapshot opened) : file(std::move(opened)) {}

  Result<std::vector<StateRow>> rows(const std::string& which, std::string_view table, Id id,
                                     std::size_t limit);

  sqlite::Snapshot file;
};

Result<std::vector<StateRow>> Reader::Impl::rows(const std::string& which, std::string_view table, Id id,
                                                 std::size_t limit) {
  return file.read([&](SQLite::Database& database) {
    SQLite::Statement select(
        database, "SELECT tbl, id, json FROM state_rows WHERE " + which + " ORDER BY tbl, id LIMIT ?");
    select.bind(1, std::string(table));
    select.bind(2, id.value);
    select.bind(3, static_cast<std::int64_t>(limit));
    std::vector<StateRow> found;
    while (select.executeStep()) {
      found.push_back({select.getColumn(0).getString(), Id{select.getColumn(1).getInt64()},
                       select.getColumn(2).getString()});
    }
    return found;
  });
}

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& file) {
  auto opened = sqlite::Snapshot::open(file);
  if (!opened) return opened.error();
  return std::unique_ptr<Reader>(new Reader(std::make_unique<Impl>(std::move(*opened))));
}

Result<Seq> Reader::head() {
  return impl_->file.read([&](SQLite::Database& database) {
    return Seq{database.execAndGet("SELECT coalesce(max(seq), 0) FROM entries").getInt64()};
  });
}

Result<Position> Reader::base() {
  return impl_->file.read([](SQLite::Database& database) { return base_of(database); });
}

Result<std::optional<Hash>> Reader::hash_at(Seq seq) {
  return impl_->file.read([&](SQLite::Database& database) -> std::optional<Hash> {
    if (const auto first = base_of(database); first.seq == seq) return first.hash;
    SQLite::Statement select(database, kSelectHash);
    select.bind(1, seq.value);
    if (!select.executeStep()) return std::nullopt;
    return hash_of(select.getColumn(0).getString());
  });
}

Result<int> Reader::format() {
  return impl_->file.read([](SQLite::Database& database) {
    if (!database.tableExists("meta") || !database.tableExists("entries")) return 0;
    SQLite::Statement select(database, "SELECT value FROM meta WHERE name = 'format'");
    return select.executeStep() ? select.getColumn(0).getInt() : 0;
  });
}

Result<std::int64_t> Reader::times_opened() {
  return impl_->file.read(times_opened_of);
}

Result<Seq> Reader::taken_in(std::string_view source) {
  return impl_->file.read(
      [&](SQLite::Database& database) { return last_consumed(database, source).value_or(Seq{}); });
}

Result<std::vector<Entry>> Reader::entries(Seq after, std::size_t limit) {
  return impl_->file.read([&](SQLite::Database& database) {
    SQLite::Statement select(
        database, fmt::format("SELECT {} FROM entries WHERE seq > ? ORDER BY seq LIMIT ?", kEntryColumns));
    select.bind(1, after.value);
    select.bind(2, static_cast<std::int64_t>(limit));
    std::vector<Entry> found;
    while (select.executeStep()) found.push_back(entry_of(select));
    return found;
  });
}

Result<std::vector<StateRow>> Reader::rows_after(std::string_view table, Id id, std::size_t limit) {
  return impl_->rows("(tbl, id) > (?, ?)", table, id, limit);
}

Result<std::vector<StateRow>> Reader::rows_of(std::string_view table, Id after, std::size_t limit) {
  return impl_->rows("tbl = ? AND id > ?", table, after, limit);
}

Result<std::vector<sqlite::IndexedValue>> Reader::uniques_after(std::string_view field,
                                                                std::string_view value, std::size_t limit) {
  return impl_->file.values_after("state_uniques", field, value, limit);
}

Result<std::int64_t> Reader::count(std::string_view table, std::size_t most) {
  return impl_->file.read([&](SQLite::Database& database) {
    SQLite::Statement select(database,
                             "SELECT count(*) FROM (SELECT 1 FROM state_rows WHERE tbl = ? LIMIT ?)");
    select.bind(1, std::string(table));
    select.bind(2, static_cast<std::int64_t>(most));
    select.executeStep();
    return select.getColumn(0).getInt64();
  });
}

Result<std::optional<Seq>> Reader::not_found_by_key(Seq after, Seq until) {
  return impl_->file.read([&](SQLite::Database& database) -> std::optional<Seq> {
    SQLite::Statement select(
        database,
        "SELECT seq FROM entries AS entry WHERE seq > ? AND seq <= ? AND NOT EXISTS(SELECT 1 FROM entries AS "
        "found INDEXED BY sqlite_autoindex_entries_1 WHERE found.key = entry.key AND found.seq = entry.seq) "
        "LIMIT 1");
    select.bind(1, after.value);
    select.bind(2, until.value);
    if (!select.executeStep()) return std::nullopt;
    return Seq{select.getColumn(0).getInt64()};
  });
}

Result<std::optional<std::string>> Reader::damage() {
  return impl_->file.damage();
}

Result<std::optional<std::string>> Reader::repeated_key() {
  return impl_->file.read([&](SQLite::Database& database) -> std::optional<std::string> {
    SQLite::Statement select(database, "SELECT key FROM entries GROUP BY key HAVING count(*) > 1 LIMIT 1");
    if (!select.executeStep()) return std::nullopt;
    return select.getColumn(0).getString();
  });
}

}  // namespace sportapp::journal
