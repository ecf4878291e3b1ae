#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

#include "base/result.hpp"
#include "store/sqlite/sqlite.hpp"

namespace sportapp::sqlite {

// Told after each step how many bytes are copied, of how many; when it says no, the copy is given up
// (kLater).
using CopyProgress = std::function<bool(std::uint64_t done, std::uint64_t of)>;

// A database file that is held as it is at one moment, and again at a later one, to be copied afterwards.
// Reads only. One thread at a time.
class HeldFile {
 public:
  // Connects, so that hold() takes no time.
  [[nodiscard]] static Result<HeldFile> open(const std::filesystem::path& file);
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

  // What `select` makes of the database; what SQLite throws comes as an error that names the file.
  template <class Select>
  auto read(Select select) -> Result<decltype(select(std::declval<SQLite::Database&>()))> {
    try {
      return select(*database_);
    } catch (const SQLite::Exception& exception) {
      return to_error(exception, file_);
    }
  }
  // The same as it is now; what was held before is let go. Everything that follows is of that moment, which
  // the first that `select` reads decides.
  template <class Select>
  auto hold(Select select) {
    return read([&](SQLite::Database& database) {
      if (std::exchange(held_, false)) database.exec("ROLLBACK");
      database.exec("BEGIN");
      held_ = true;
      return select(database);
    });
  }
  [[nodiscard]] Result<std::uint64_t> bytes();  // that a copy will have
  // In one file. `to` is overwritten, and is not synced. Gives the bytes of the copy.
  [[nodiscard]] Result<std::uint64_t> copy(const std::filesystem::path& to, const CopyProgress& progress);

 private:
  HeldFile(std::filesystem::path file, std::unique_ptr<SQLite::Database> database)
      : file_(std::move(file)), database_(std::move(database)) {}
  std::filesystem::path file_;
  std::unique_ptr<SQLite::Database> database_;
  bool held_ = false;
};

}  // namespace sportapp::sqlite
