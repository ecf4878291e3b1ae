// Ids by (field, value), for values that come in any order: at a million rows each new one would change a
// page of its own in one sorted table, which is then written twice, into the WAL and by the checkpoint. So
// new ones are appended to a short table in order of arrival and found through memory, and are moved to the
// sorted table in order, a stretch at a time, when many of them go to one page: a log-structured merge
// (O'Neil, Cheng, Gawlick, O'Neil, 1996) of two levels.
//
//   TABLE(field, value, id)             sorted
//   TABLE_recent(n, field, value, id)   in order of arrival; id NULL: the value was removed
//
// What TABLE_recent says of a value last goes before what TABLE says. SQLite's exceptions come through.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/strong.hpp"

namespace sportapp::sqlite {

// The writer's side: the only writer of the two tables. One thread at a time.
class ValueIndex {
 public:
  // Makes the tables where they are not there.
  static void create(SQLite::Database& database, const std::string& table);
  // `database` must outlive it. So many values wait before any is moved: some 100 bytes of memory each.
  ValueIndex(SQLite::Database& database, const std::string& table, std::size_t waiting_max = 32 * 1024);

  [[nodiscard]] std::optional<Id> find(std::string_view field, std::string_view value);
  // The fields' names have no NUL. A value that already exists gets the new id.
  void put(std::string_view field, std::string_view value, Id id);
  void remove(std::string_view field, std::string_view value);
  // In each transaction, before its commit: moves about as many values as came.
  void move_some();

  // Grows with every change: what it was at the beginning of a transaction or savepoint is given to
  // rolled_back() when that was undone, so that what waits is read again before the next use.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  void rolled_back(std::uint64_t changes_before) noexcept {
    if (changes_ != changes_before) stale_ = true;
  }

 private:
  using Place = std::pair<std::string_view, std::string_view>;  // field, value
  struct InOrder {
    using is_transparent = void;
    bool operator()(const Place& one, const Place& other) const { return one < other; }
  };
  void load();
  void be_fresh() {
    if (stale_) load();
  }
  void append(std::string_view field, std::string_view value, std::optional<Id> id);
  void move_next();
  void forget(std::int64_t rows);

  const std::size_t waiting_max_;
  SQLite::Statement find_, append_, put_, remove_, forget_, recent_;
  std::map<std::pair<std::string, std::string>, std::optional<Id>, InOrder> waiting_;  // no id: removed
  std::uint64_t changes_ = 0;
  // Not in TABLE: looked for a moment ago, as each value is before it is put.
  std::vector<std::pair<std::string, std::string>> missed_;
  bool stale_ = false;  // memory may say what was rolled back
  // Opened again and again, no round came to its end and no row could go: the first one is then made at once.
  bool behind_ = false;
  // The move goes round through the values in order: it stands behind this one...
  std::pair<std::string, std::string> moved_;
  // ...and what came before its round began is moved when the round ends, so that its rows can go.
  std::int64_t first_n_ = 1;
  std::int64_t next_n_ = 1;
  std::int64_t round_began_n_ = 1;
  std::int64_t moved_before_n_ = 1;
};

// The readers' side, over a connection of its own: sees what that connection's transaction sees. One thread
// at a time.
class ValueIndexReader {
 public:
  ValueIndexReader(SQLite::Database& database, const std::string& table);
  [[nodiscard]] std::optional<Id> find(std::string_view field, std::string_view value);

 private:
  void see_recent();

  SQLite::Statement find_, recent_, recent_since_, first_recent_;
  std::unordered_multimap<std::size_t, std::int64_t> rows_;    // n by hash of field and value
  std::deque<std::pair<std::int64_t, std::size_t>> in_order_;  // n and hash
};

struct IndexedValue {
  std::string field;
  std::string value;
  Id id;
};

// All of an index in order of (field, value), as one transaction of `database` sees it, which must last as
// long. TABLE_recent need not be there. Makes a temporary table of what is recent.
class SortedValues {
 public:
  SortedValues(SQLite::Database& database, const std::string& table);
  ~SortedValues();
  SortedValues(const SortedValues&) = delete;
  SortedValues& operator=(const SortedValues&) = delete;
  // At most `limit`, those behind (field, value).
  [[nodiscard]] std::vector<IndexedValue> after(std::string_view field, std::string_view value,
                                                std::size_t limit);

 private:
  SQLite::Database& database_;
  std::string latest_;
  std::optional<SQLite::Statement> after_;
};

}  // namespace sportapp::sqlite
