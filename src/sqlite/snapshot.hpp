#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "sqlite/sqlite.hpp"

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
  // What SQLite's own check of the file complains of first.
  [[nodiscard]] Result<std::optional<std::string>> damage();

 private:
  Snapshot(std::filesystem::path file, std::unique_ptr<SQLite::Database> database);
  std::filesystem::path file_;
  std::unique_ptr<SQLite::Database> database_;
};

}  // namespace sportapp::sqlite
