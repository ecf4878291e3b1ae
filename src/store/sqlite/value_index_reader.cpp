#include <fmt/format.h>

#include <functional>

#include "store/sqlite/use.hpp"
#include "store/sqlite/value_index.hpp"

namespace sportapp::sqlite {
namespace {

std::size_t hash_of(std::string_view field, std::string_view value) {
  const auto hash = std::hash<std::string_view>();
  return hash(value) * 31 + hash(field);
}

}  // namespace

ValueIndexReader::ValueIndexReader(SQLite::Database& database, const std::string& table)
    : find_(database, fmt::format("SELECT id FROM {} WHERE field = ? AND value = ?", table)),
      recent_(database, fmt::format("SELECT field, value, id FROM {}_recent WHERE n = ?", table)),
      recent_since_(database,
                    fmt::format("SELECT n, field, value FROM {}_recent WHERE n > ? ORDER BY n", table)),
      first_recent_(database, fmt::format("SELECT n FROM {}_recent ORDER BY n LIMIT 1", table)) {}

// Memory follows the table: the rows that came are added, those that were forgotten go.
void ValueIndexReader::see_recent() {
  const auto before = in_order_.size();
  {
    Use use(recent_since_);
    use.bind(1, in_order_.empty() ? 0 : in_order_.back().first);
    while (use.step()) {
      const auto n = recent_since_.getColumn(0).getInt64();
      const auto hash =
          hash_of(recent_since_.getColumn(1).getString(), recent_since_.getColumn(2).getString());
      rows_.emplace(hash, n);
      in_order_.emplace_back(n, hash);
    }
  }
  if (in_order_.size() == before) return;
  Use use(first_recent_);
  if (!use.step()) return;
  for (const auto first = first_recent_.getColumn(0).getInt64(); in_order_.front().first < first;
       in_order_.pop_front()) {
    const auto [n, hash] = in_order_.front();
    const auto [from, to] = rows_.equal_range(hash);
    for (auto at = from; at != to; ++at) {
      if (at->second != n) continue;
      rows_.erase(at);
      break;
    }
  }
}

std::optional<Id> ValueIndexReader::find(std::string_view field, std::string_view value) {
  see_recent();
  std::int64_t latest = 0;
  std::optional<Id> id;
  const auto [from, to] = rows_.equal_range(hash_of(field, value));
  for (auto at = from; at != to; ++at) {
    Use use(recent_);
    if (at->second < latest || !use.bind(1, at->second).step()) continue;
    if (recent_.getColumn(0).getString() != field || recent_.getColumn(1).getString() != value) continue;
    latest = at->second;
    const auto column = recent_.getColumn(2);
    id = column.isNull() ? std::nullopt : std::optional(Id{column.getInt64()});
  }
  if (latest > 0) return id;
  Use use(find_);
  if (!use.bind(1, field).bind(2, value).step()) return std::nullopt;
  return Id{find_.getColumn(0).getInt64()};
}

}  // namespace sportapp::sqlite
