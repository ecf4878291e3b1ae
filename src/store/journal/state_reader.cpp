#include "store/journal/state_reader.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <utility>

#include "store/sqlite/snapshot.hpp"
#include "store/sqlite/use.hpp"
#include "store/sqlite/value_index.hpp"

namespace sportapp::journal {
namespace {

class State final : public domain::StateReader {
 public:
  State(sqlite::Snapshot file, SQLite::Database& database)
      : file_(std::move(file)),
        row_(database, "SELECT json FROM state_rows WHERE tbl = ? AND id = ?"),
        last_id_(database, "SELECT id FROM state_rows WHERE tbl = ? ORDER BY id DESC LIMIT 1"),
        uniques_(database, "state_uniques") {}

  std::optional<std::string> row(std::string_view table, Id id) const override {
    sqlite::Use use(row_);
    if (!use.bind(1, table).bind(2, id.value).step()) return std::nullopt;
    return row_.getColumn(0).getString();
  }
  std::optional<Id> id_of(std::string_view unique_field, std::string_view value) const override {
    return uniques_.find(unique_field, value);
  }
  Id last_id(std::string_view table) const override {
    sqlite::Use use(last_id_);
    return use.bind(1, table).step() ? Id{last_id_.getColumn(0).getInt64()} : Id{};
  }

 private:
  const sqlite::Snapshot file_;  // the statements are of its connection
  // Using one changes it, though not the state.
  mutable SQLite::Statement row_, last_id_;
  mutable sqlite::ValueIndexReader uniques_;
};

}  // namespace

Result<StateAt> read_state(const std::filesystem::path& file) {
  auto opened = sqlite::Snapshot::open(file);
  if (!opened) return opened.error();
  const auto database = opened->read([](SQLite::Database& of_snapshot) { return &of_snapshot; });
  if (!database) return database.error();
  try {
    const auto head = (*database)->execAndGet("SELECT coalesce(max(seq), 0) FROM entries").getInt64();
    return StateAt{Seq{head}, std::make_unique<State>(std::move(*opened), **database)};
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, file);
  }
}

}  // namespace sportapp::journal
