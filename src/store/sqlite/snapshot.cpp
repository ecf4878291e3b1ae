#include "store/sqlite/snapshot.hpp"

#include <algorithm>

namespace sportapp::sqlite {

Snapshot::Snapshot(std::filesystem::path file, std::unique_ptr<SQLite::Database> database)
    : file_(std::move(file)), database_(std::move(database)) {}

Result<Snapshot> Snapshot::open(const std::filesystem::path& file) {
  auto database = sqlite::open(file, {.read_only = true, .careful = true});
  if (!database) return database.error();
  Snapshot snapshot(file, std::move(*database));
  const auto begun = snapshot.read([](SQLite::Database& opened) {
    opened.exec("BEGIN");
    // The first read decides of which moment it is.
    return opened.execAndGet("SELECT count(*) FROM sqlite_schema").getInt();
  });
  if (!begun) return begun.error();
  return snapshot;
}

Result<std::vector<IndexedValue>> Snapshot::values_after(const std::string& table, std::string_view field,
                                                         std::string_view value, std::size_t limit) {
  return read([&](SQLite::Database& database) {
    auto& sorted = sorted_[table];
    if (!sorted) sorted = std::make_unique<SortedValues>(database, table);
    return sorted->after(field, value, limit);
  });
}

Result<std::optional<std::string>> Snapshot::damage() {
  return read([](SQLite::Database& database) -> std::optional<std::string> {
    auto said = database.execAndGet("PRAGMA integrity_check(1)").getString();
    if (said == "ok") return std::nullopt;
    // "*** in database main ***\nPage 17: ...": it is told in one line.
    if (const auto heading = said.find("***\n"); heading != std::string::npos) said.erase(0, heading + 4);
    std::replace(said.begin(), said.end(), '\n', ' ');
    return said;
  });
}

}  // namespace sportapp::sqlite
