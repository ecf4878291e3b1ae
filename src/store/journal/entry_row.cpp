#include "store/journal/entry_row.hpp"

#include <algorithm>
#include <limits>

#include "store/journal/base.hpp"
#include "store/sqlite/use.hpp"

namespace sportapp::journal {

Hash hash_of(const std::string& bytes) {
  Hash hash{};
  if (bytes.size() == hash.size()) std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

std::optional<Hash> hash_in(SQLite::Statement& entry, SQLite::Statement& base, Seq seq) {
  {
    sqlite::Use use(entry);
    if (use.bind(1, seq.value).step()) return hash_of(entry.getColumn(0).getString());
  }
  const auto last_deleted = base_in(base);
  return last_deleted.seq == seq ? std::optional(last_deleted.hash) : std::nullopt;
}

Entry entry_of(SQLite::Statement& row) {
  Entry entry;
  entry.seq = Seq{row.getColumn(0).getInt64()};
  entry.epoch = Epoch{row.getColumn(1).getInt64()};
  entry.time_ms = row.getColumn(2).getInt64();
  entry.key = key_in_row(row.getColumn(3).getString());
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

Entry answered_of(SQLite::Statement& row, std::string_view key) {
  Entry entry;
  entry.seq = Seq{row.getColumn(0).getInt64()};
  entry.key = key;
  entry.fingerprint = row.getColumn(1).getString();
  entry.answer = {row.getColumn(2).getInt(), row.getColumn(3).getString(), row.getColumn(4).getString()};
  return entry;
}

std::optional<Seq> last_consumed(SQLite::Database& database, std::string_view source) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  SQLite::Statement greatest(database,
                             "SELECT key FROM entries WHERE key > ? AND key <= ? ORDER BY key DESC LIMIT 1");
  greatest.bind(1, key_of_consumed(source, Seq{}));
  greatest.bind(2, key_of_consumed(source, Seq{kMost}));
  if (!greatest.executeStep()) return taken_in_before_base(database, source);
  // Every key between the two is one: no client can send its first character.
  return consumed_by(greatest.getColumn(0).getString(), source);
}

std::optional<messaging::Place> place_consumed(SQLite::Database& database, std::string_view source) {
  const auto seq = last_consumed(database, source);
  if (!seq) return std::nullopt;
  if (*seq == Seq{}) return messaging::beginning();
  SQLite::Statement answer(database, "SELECT answer FROM entries WHERE key = ?");
  answer.bind(1, key_of_consumed(source, *seq));
  if (answer.executeStep()) {
    return messaging::Place{*seq, hash_of_consumed(answer.getColumn(0).getString())};
  }
  return messaging::Place{*seq, hash_taken_in_before_base(database, source, *seq)};
}

}  // namespace sportapp::journal
