#include "journal/entry_row.hpp"

#include <algorithm>

namespace sportapp::journal {

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

}  // namespace sportapp::journal
