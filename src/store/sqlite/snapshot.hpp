#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "store/sqlite/sqlite.hpp"
#include "store/sqlite/value_index.hpp"

namespace sportapp::sqlite {

// A database file as it is at one moment, while others may go on writing it: holds a read transaction, during
// which their WAL cannot shrink. One thread at a time.
class Snapshot {
 public:
  [[nodiscard]] static Result<Snapshot> open(const std::filesystem::path& file);

  // What `select` makes of the database; what SQLite throws comes as an error that names the file.
  template <class Select>
  auto read(Select select) -> Result<decltype(select(std::declval<SQLite::Database&>()))> {
    try {
      return select(*database_);
    } catch (const SQLite::Exception& exception) {
      return to_error(exception, file_);
    }
  }
  // Of the value index `table`, in order of (field, value): at most `limit` behind that place.
  [[nodiscard]] Result<std::vector<IndexedValue>> values_after(const std::string& table,
                                                               std::string_view field, std::string_view value,
                                                               std::size_t limit);
  // What SQLite's own check of the file complains of first.
  [[nodiscard]] Result<std::optional<std::string>> damage();

 private:
  Snapshot(std::filesystem::path file, std::unique_ptr<SQLite::Database> database);
  std::filesystem::path file_;
  std::unique_ptr<SQLite::Database> database_;
  std::map<std::string, std::unique_ptr<SortedValues>> sorted_;  // by table, from its first use on
};

}  // namespace sportapp::sqlite
