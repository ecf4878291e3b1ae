#include "journal/reader.hpp"

#include <algorithm>

#include "sqlite/snapshot.hpp"

namespace sportapp::journal {
namespace {

Hash hash_of(const std::string& bytes) {
  Hash hash{};
  if (bytes.size() == hash.size()) std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

Entry entry_of(SQLite::Statement& row) {
  Entry entry;
  entry.seq = Seq{row.getColumn(0).getInt64()};
  entry.epoch = Epoch{row.getColumn(1).getInt64()};
  entry.time_ms = row.getColumn(2).getInt64();
  entry.key = row.getColumn(3).getString();
  entry.fingerprint = row.getColumn(4).getString();
  entry.event.type = row.getColumn(5).getString();
  entry.event.version = row.getColumn(6).getInt();
  entry.event.payload = row.getColumn(7).getString();
  entry.answer.status = row.getColumn(8).getInt();
  entry.answer.body = row.getColumn(9).getString();
  entry.answer.location = row.getColumn(10).getString();
  entry.hash = hash_of(row.getColumn(11).getString());
  return entry;
}

}  // namespace

struct Reader::Impl {
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

Result<std::vector<Entry>> Reader::entries(Seq after, std::size_t limit) {
  return impl_->file.read([&](SQLite::Database& database) {
    SQLite::Statement select(database,
                             "SELECT seq, epoch, time_ms, key, fingerprint, type, version, payload, status, "
                             "answer, location, hash FROM entries WHERE seq > ? ORDER BY seq LIMIT ?");
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
