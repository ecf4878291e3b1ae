#include <fmt/format.h>

#include "store/sqlite/use.hpp"
#include "store/sqlite/value_index.hpp"

namespace sportapp::sqlite {

SortedValues::SortedValues(SQLite::Database& database, const std::string& table)
    : database_(database), latest_(fmt::format("temp.{}_latest", table)) {
  database.exec(fmt::format(
      "CREATE TEMP TABLE {}_latest(field, value, id, PRIMARY KEY(field, value)) WITHOUT ROWID", table));
  // A file of an earlier program has the sorted table alone.
  if (database.tableExists(table + "_recent")) {
    database.exec(fmt::format("INSERT OR REPLACE INTO {1} SELECT field, value, id FROM {0}_recent ORDER BY n",
                              table, latest_));
  }
  // Two walks in order, merged: neither side is sorted again.
  after_.emplace(database,
                 fmt::format("SELECT field, value, id FROM {0} AS old WHERE (field, value) > (?1, ?2) AND "
                             "NOT EXISTS(SELECT 1 FROM {1} AS new WHERE new.field = old.field AND "
                             "new.value = old.value) "
                             "UNION ALL SELECT field, value, id FROM {1} WHERE (field, value) > (?1, ?2) "
                             "AND id IS NOT NULL ORDER BY 1, 2 LIMIT ?3",
                             table, latest_));
}

SortedValues::~SortedValues() {
  after_.reset();
  // A connection that fails here ends soon, and the table with it.
  database_.tryExec("DROP TABLE IF EXISTS " + latest_);
}

std::vector<IndexedValue> SortedValues::after(std::string_view field, std::string_view value,
                                              std::size_t limit) {
  Use use(*after_);
  use.bind(1, field).bind(2, value).bind(3, static_cast<std::int64_t>(limit));
  std::vector<IndexedValue> found;
  while (use.step()) {
    found.push_back({after_->getColumn(0).getString(), after_->getColumn(1).getString(),
                     Id{after_->getColumn(2).getInt64()}});
  }
  return found;
}

}  // namespace sportapp::sqlite
