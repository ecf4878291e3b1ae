#include "store/journal/scratch.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <stdexcept>

#include "store/sqlite/sqlite.hpp"
#include "store/sqlite/use.hpp"

namespace sportapp::journal {
namespace {

constexpr int kBusyTimeoutMs = 0;

// An empty name: SQLite makes a file of its own in TMPDIR and removes it when closed, or when killed.
SQLite::Database temporary(int cache_kib) {
  SQLite::Database database("", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX,
                            kBusyTimeoutMs);
  database.exec("PRAGMA temp_store=FILE");
  database.exec(fmt::format("PRAGMA cache_size=-{}", cache_kib));
  database.exec("PRAGMA synchronous=OFF");
  database.exec("PRAGMA journal_mode=MEMORY");  // for attempt()
  database.exec("CREATE TABLE rows(tbl TEXT, id INTEGER, json TEXT, PRIMARY KEY(tbl, id)) WITHOUT ROWID");
  database.exec(
      "CREATE TABLE names(field TEXT, value TEXT, id INTEGER, PRIMARY KEY(field, value)) WITHOUT ROWID");
  database.exec("BEGIN");
  return database;
}

void bind_all(SQLite::Statement& statement, std::string_view first, std::string_view second) {
  statement.reset();
  statement.bind(1, std::string(first));
  statement.bind(2, std::string(second));
}

void bind_all(SQLite::Statement& statement, std::string_view first, Id second) {
  statement.reset();
  statement.bind(1, std::string(first));
  statement.bind(2, second.value);
}

}  // namespace

struct Scratch::Impl {
  explicit Impl(int cache_kib) : database(temporary(cache_kib)) {}

  SQLite::Database database;
  SQLite::Statement put_row{database, "INSERT OR REPLACE INTO rows VALUES(?, ?, ?)"};
  SQLite::Statement row{database, "SELECT json FROM rows WHERE tbl = ? AND id = ?"};
  SQLite::Statement last_id{database, "SELECT coalesce(max(id), 0) FROM rows WHERE tbl = ?"};
  SQLite::Statement ids_after{database, "SELECT id FROM rows WHERE tbl = ? AND id > ? ORDER BY id LIMIT ?"};
  SQLite::Statement remove_row{database, "DELETE FROM rows WHERE tbl = ? AND id = ?"};
  SQLite::Statement put_name{database, "INSERT OR REPLACE INTO names VALUES(?, ?, ?)"};
  SQLite::Statement remove_name{database, "DELETE FROM names WHERE field = ? AND value = ?"};
  SQLite::Statement savepoint{database, "SAVEPOINT attempt"};
  SQLite::Statement undo{database, "ROLLBACK TO attempt"};
  SQLite::Statement release{database, "RELEASE attempt"};
  SQLite::Statement id_of{database, "SELECT id FROM names WHERE field = ? AND value = ?"};

  // A page of (group, second key column, value), through `key_of`.
  template <class KeyOf>
  Result<std::vector<Record>> page(SQLite::Statement& select, KeyOf key_of) {
    try {
      std::vector<Record> found;
      while (select.executeStep()) found.push_back({key_of(select), select.getColumn(2).getString()});
      return found;
    } catch (const SQLite::Exception& exception) {
      return sqlite::to_error(exception, "temporary file");
    }
  }
};

Scratch::Scratch(int cache_kib) : impl_(std::make_unique<Impl>(cache_kib)) {}
Scratch::~Scratch() = default;

void Scratch::put_row(std::string_view table, Id id, std::string_view json) {
  bind_all(impl_->put_row, table, id);
  impl_->put_row.bind(3, std::string(json));
  impl_->put_row.exec();
}

std::optional<std::string> Scratch::row(std::string_view table, Id id) {
  bind_all(impl_->row, table, id);
  if (!impl_->row.executeStep()) return std::nullopt;
  return impl_->row.getColumn(0).getString();
}

Id Scratch::last_id(std::string_view table) {
  impl_->last_id.reset();
  impl_->last_id.bind(1, std::string(table));
  impl_->last_id.executeStep();
  return Id{impl_->last_id.getColumn(0).getInt64()};
}

std::vector<Id> Scratch::ids_after(std::string_view table, Id after, std::size_t limit) {
  bind_all(impl_->ids_after, table, after);
  impl_->ids_after.bind(3, static_cast<std::int64_t>(limit));
  std::vector<Id> found;
  while (impl_->ids_after.executeStep()) found.push_back(Id{impl_->ids_after.getColumn(0).getInt64()});
  return found;
}

void Scratch::remove_row(std::string_view table, Id id) {
  bind_all(impl_->remove_row, table, id);
  impl_->remove_row.exec();
}

void Scratch::put_name(std::string_view field, std::string_view value, Id id) {
  bind_all(impl_->put_name, field, value);
  impl_->put_name.bind(3, id.value);
  impl_->put_name.exec();
}

void Scratch::remove_name(std::string_view field, std::string_view value) {
  bind_all(impl_->remove_name, field, value);
  impl_->remove_name.exec();
}

std::optional<Id> Scratch::id_of(std::string_view field, std::string_view value) {
  bind_all(impl_->id_of, field, value);
  if (!impl_->id_of.executeStep()) return std::nullopt;
  return Id{impl_->id_of.getColumn(0).getInt64()};
}

bool Scratch::attempt(const std::function<void()>& write, std::string& why) {
  sqlite::Use(impl_->savepoint).step();
  bool done = true;
  try {
    write();
  } catch (const SQLite::Exception&) {
    throw;
  } catch (const std::exception& refused) {
    why = refused.what();
    done = false;
    // A read under way would keep SQLite from undoing.
    for (auto* read : {&impl_->row, &impl_->last_id, &impl_->ids_after, &impl_->id_of}) read->tryReset();
    sqlite::Use(impl_->undo).step();
  }
  sqlite::Use(impl_->release).step();
  return done;
}

Pages Scratch::rows() {
  return [impl = impl_.get()](const Key& after) {
    SQLite::Statement select(
        impl->database, "SELECT tbl, id, json FROM rows WHERE (tbl, id) > (?, ?) ORDER BY tbl, id LIMIT ?");
    bind_all(select, after.group, Id{after.id});
    select.bind(3, static_cast<std::int64_t>(kPageRecords));
    return impl->page(select, [](SQLite::Statement& row) {
      return Key{row.getColumn(0).getString(), row.getColumn(1).getInt64(), ""};
    });
  };
}

Pages Scratch::names() {
  return [impl = impl_.get()](const Key& after) {
    SQLite::Statement select(
        impl->database,
        "SELECT field, value, id FROM names WHERE (field, value) > (?, ?) ORDER BY field, value LIMIT ?");
    bind_all(select, after.group, after.name);
    select.bind(3, static_cast<std::int64_t>(kPageRecords));
    return impl->page(select, [](SQLite::Statement& row) {
      return Key{row.getColumn(0).getString(), 0, row.getColumn(1).getString()};
    });
  };
}

std::int64_t Scratch::row_count() {
  return impl_->database.execAndGet("SELECT count(*) FROM rows").getInt64();
}

std::int64_t Scratch::name_count() {
  return impl_->database.execAndGet("SELECT count(*) FROM names").getInt64();
}

Result<ScratchComparison> compare(Scratch& scratch, const Pages& stored_rows, const Pages& stored_names,
                                  const Progress& progress) {
  const auto row_count = scratch.row_count();
  auto rows = compare(scratch.rows(), stored_rows, [&](std::int64_t equal) { progress(equal, row_count); });
  if (!rows) return rows.error();
  const auto name_count = scratch.name_count();
  auto names =
      compare(scratch.names(), stored_names, [&](std::int64_t equal) { progress(equal, name_count); });
  if (!names) return names.error();
  return ScratchComparison{rows->equal, names->equal,
                           rows->first ? std::move(rows->first) : std::move(names->first)};
}

std::optional<std::string> ScratchState::row(std::string_view table, Id id) const {
  return scratch_.row(table, id);
}
std::optional<Id> ScratchState::id_of(std::string_view field, std::string_view value) const {
  return scratch_.id_of(field, value);
}
Id ScratchState::last_id(std::string_view table) const {
  return scratch_.last_id(table);
}
void ScratchState::put_row(std::string_view table, Id id, std::string_view json) {
  scratch_.put_row(table, id, json);
}
void ScratchState::remove_row(std::string_view table, Id id) {
  scratch_.remove_row(table, id);
}
void ScratchState::put_unique(std::string_view field, std::string_view value, Id id) {
  if (const auto other = scratch_.id_of(field, value)) {
    throw std::logic_error(std::string(field) + " '" + std::string(value) + "' belongs to " +
                           std::to_string(other->value) + " already");
  }
  scratch_.put_name(field, value, id);
}

}  // namespace sportapp::journal
