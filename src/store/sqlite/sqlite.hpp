// SQLite as the project uses it: SQLiteCpp, opened one way, its exceptions turned to errors at the parts'
// doors.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>

#include "base/result.hpp"

namespace sportapp::sqlite {

enum class Synchronous { kOff, kNormal, kFull };

struct Options {
  Synchronous synchronous = Synchronous::kFull;
  int cache_kib = 16 * 1024;
  int wal_kib = 8 * 1024;  // then it is copied into the database, by whoever wrote last
  bool read_only = false;
  // Each page's cells are looked at when it is read. And the file and its WAL stay as they are when the last
  // connection is closed, so that what is found damaged is not changed.
  bool careful = false;
};

// WAL mode, no memory map, foreign files refused. Creates file and folder unless read-only.
[[nodiscard]] Result<std::unique_ptr<SQLite::Database>> open(const std::filesystem::path& file,
                                                             const Options& options);

// Whether the file and its WAL stay as they are when this connection is the last that is closed.
void close_without_checkpoint(SQLite::Database& database, bool without);
// Whether the file is not what a database is, so that trying again is no help.
[[nodiscard]] bool is_damage(const SQLite::Exception& exception);
// What a person can act on: which file, what SQLite said, what to do. Full and read-only disks are kLater.
[[nodiscard]] Error to_error(const SQLite::Exception& exception, const std::filesystem::path& file);

}  // namespace sportapp::sqlite
