#include "store/sqlite/value_index.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "store/sqlite/use.hpp"

namespace sportapp::sqlite {
namespace {

// Moving a few at a time would touch a page for each again; many at once would make one commit a long one.
constexpr std::size_t kMoveMin = 256;
constexpr std::size_t kMoveMax = 1024;
constexpr std::size_t kMissedMax = 4;
constexpr std::int64_t kRoundsOfRows = 3;  // while nobody reopens it, no more rows are there

// No id where the value was removed.
std::optional<Id> id_in(SQLite::Statement& row, int column) {
  if (row.getColumn(column).isNull()) return std::nullopt;
  return Id{row.getColumn(column).getInt64()};
}

}  // namespace

void ValueIndex::create(SQLite::Database& database, const std::string& table) {
  database.exec(
      fmt::format("CREATE TABLE IF NOT EXISTS {}(field TEXT NOT NULL, value TEXT NOT NULL, id INTEGER NOT "
                  "NULL, PRIMARY KEY(field, value)) WITHOUT ROWID",
                  table));
  database.exec(
      fmt::format("CREATE TABLE IF NOT EXISTS {}_recent(n INTEGER PRIMARY KEY, field TEXT NOT NULL, value "
                  "TEXT NOT NULL, id INTEGER)",
                  table));
}

ValueIndex::ValueIndex(SQLite::Database& database, const std::string& table, std::size_t waiting_max)
    : waiting_max_(waiting_max),
      find_(database, fmt::format("SELECT id FROM {} WHERE field = ? AND value = ?", table)),
      append_(database, fmt::format("INSERT INTO {}_recent VALUES(?, ?, ?, ?)", table)),
      put_(database, fmt::format("INSERT OR REPLACE INTO {} VALUES(?, ?, ?)", table)),
      remove_(database, fmt::format("DELETE FROM {} WHERE field = ? AND value = ?", table)),
      forget_(database, fmt::format("DELETE FROM {}_recent WHERE n < ?", table)),
      recent_(database, fmt::format("SELECT n, field, value, id FROM {}_recent ORDER BY n", table)) {
  load();
}

// What was moved already but not forgotten comes in again: moving it once more changes nothing.
void ValueIndex::load() {
  waiting_.clear();
  moved_ = {};
  first_n_ = next_n_ = 1;
  Use use(recent_);
  while (use.step()) {
    const auto n = recent_.getColumn(0).getInt64();
    if (waiting_.empty()) first_n_ = n;
    next_n_ = n + 1;
    waiting_[{recent_.getColumn(1).getString(), recent_.getColumn(2).getString()}] = id_in(recent_, 3);
  }
  round_began_n_ = next_n_;
  moved_before_n_ = first_n_;
  behind_ = next_n_ - first_n_ > kRoundsOfRows * static_cast<std::int64_t>(waiting_max_ + kMoveMax);
  stale_ = false;
}

std::optional<Id> ValueIndex::find(std::string_view field, std::string_view value) {
  be_fresh();
  if (const auto found = waiting_.find(Place(field, value)); found != waiting_.end()) return found->second;
  for (const auto& missed : missed_) {
    if (Place(missed) == Place(field, value)) return std::nullopt;
  }
  Use use(find_);
  if (use.bind(1, field).bind(2, value).step()) return id_in(find_, 0);
  if (missed_.size() >= kMissedMax) missed_.clear();
  missed_.emplace_back(field, value);
  return std::nullopt;
}

void ValueIndex::put(std::string_view field, std::string_view value, Id id) {
  append(field, value, id);
}

void ValueIndex::remove(std::string_view field, std::string_view value) {
  append(field, value, std::nullopt);
}

void ValueIndex::append(std::string_view field, std::string_view value, std::optional<Id> id) {
  be_fresh();
  ++changes_;  // first: should it fail half-way, memory is read again
  Use use(append_);
  use.bind(1, next_n_).bind(2, field).bind(3, value);
  if (id) {
    use.bind(4, id->value);
  } else {
    use->bind(4);
  }
  use.step();
  ++next_n_;
  waiting_.insert_or_assign({std::string(field), std::string(value)}, id);
}

void ValueIndex::move_some() {
  be_fresh();
  const bool many = waiting_.size() >= waiting_max_ + kMoveMin;
  if (!many && !behind_ && first_n_ >= moved_before_n_) return;
  ++changes_;
  const auto few = many ? std::min(waiting_.size() - waiting_max_, kMoveMax) : 0;
  const auto count = behind_ ? kMoveMax : few;
  if (count > 0) missed_.clear();
  const bool catches_up = behind_;
  for (std::size_t i = 0; i < count && behind_ == catches_up; ++i) move_next();
  forget(static_cast<std::int64_t>(2 * std::max(count, kMoveMin)));
}

void ValueIndex::move_next() {
  auto next = waiting_.upper_bound(Place(moved_));
  if (next == waiting_.end()) {  // the end of a round
    moved_before_n_ = round_began_n_;
    round_began_n_ = next_n_;
    behind_ = false;
    if (waiting_.empty()) return;
    next = waiting_.begin();
  }
  auto node = waiting_.extract(next);
  moved_ = std::move(node.key());
  if (node.mapped()) {
    Use(put_).bind(1, moved_.first).bind(2, moved_.second).bind(3, node.mapped()->value).step();
  } else {
    Use(remove_).bind(1, moved_.first).bind(2, moved_.second).step();
  }
}

// A few rows at a time, so that the end of a round costs no commit more than another.
void ValueIndex::forget(std::int64_t rows) {
  const auto until = std::min(moved_before_n_, first_n_ + rows);
  if (until <= first_n_) return;
  Use(forget_).bind(1, until).step();
  first_n_ = until;
}

}  // namespace sportapp::sqlite
