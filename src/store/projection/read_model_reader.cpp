#include <sqlite3.h>

#include <utility>

#include "store/projection/model_file.hpp"
#include "store/projection/read_model.hpp"
#include "store/sqlite/value_index.hpp"

namespace sportapp::projection {
namespace {

constexpr int kReaderCacheKib = 8 * 1024;

}  // namespace

struct ReadModelReader::Impl {
  Impl(std::filesystem::path path, std::unique_ptr<SQLite::Database> opened)
      : file(std::move(path)), database(std::move(opened)) {}

  std::filesystem::path file;
  std::unique_ptr<SQLite::Database> database;
  SQLite::Statement view{*database, "SELECT view FROM views WHERE id = ?"};
  sqlite::ValueIndexReader lookups{*database, kLookups};
  SQLite::Statement begin{*database, "BEGIN"};
  SQLite::Statement commit{*database, "COMMIT"};
  bool held = false;
  SQLite::Statement page{*database, "SELECT id, view FROM views WHERE id > ? ORDER BY id LIMIT ?"};
};

ReadModelReader::ReadModelReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ReadModelReader::~ReadModelReader() = default;

Result<std::unique_ptr<ReadModelReader>> ReadModelReader::open(const std::filesystem::path& file) {
  auto opened = sqlite::open(file, {.cache_kib = kReaderCacheKib, .read_only = true});
  if (!opened) return opened.error();
  try {
    auto impl = std::make_unique<Impl>(file, std::move(*opened));
    return std::unique_ptr<ReadModelReader>(new ReadModelReader(std::move(impl)));
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, file);
  }
}

Result<std::optional<std::string>> ReadModelReader::view(Id id) {
  try {
    Use use(impl_->view);
    use->bind(1, id.value);
    if (!use->executeStep()) return std::nullopt;
    return use->getColumn(0).getString();
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, impl_->file);
  }
}

Result<std::optional<ReadModelReader::Row>> ReadModelReader::find(std::string_view field,
                                                                  std::string_view value) {
  try {
    const auto id = impl_->lookups.find(field, value);
    if (!id) return std::nullopt;
    auto found = view(*id);
    if (!found) return found.error();
    if (!*found) return std::nullopt;
    return Row{*id, std::move(**found)};
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, impl_->file);
  }
}

Result<std::vector<ReadModelReader::Row>> ReadModelReader::page(Id after, std::size_t limit) {
  try {
    std::vector<Row> rows;
    rows.reserve(limit);
    Use use(impl_->page);
    use->bind(1, after.value);
    use->bind(2, static_cast<std::int64_t>(limit));
    while (use->executeStep()) {
      rows.push_back({{use->getColumn(0).getInt64()}, use->getColumn(1).getString()});
    }
    return rows;
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, impl_->file);
  }
}

Result<std::vector<SetAside>> ReadModelReader::set_aside(Seq after, std::size_t limit) {
  try {
    return set_aside_of(*impl_->database, after, limit);
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, impl_->file);
  }
}

void ReadModelReader::hold() {
  if (impl_->held) return;
  // Should it fail, each read is a transaction of its own, as without.
  impl_->held = impl_->begin.tryExecuteStep() == SQLITE_DONE;
  impl_->begin.tryReset();
}

void ReadModelReader::release() {
  if (!std::exchange(impl_->held, false)) return;
  // A read that failed may have ended the transaction already.
  impl_->commit.tryExecuteStep();
  impl_->commit.tryReset();
}

Result<ReadModelReader::Summary> ReadModelReader::summary() {
  try {
    SQLite::Transaction snapshot(*impl_->database);
    Summary summary;
    summary.position = position_of(*impl_->database);
    summary.views = impl_->database->execAndGet("SELECT count(*) FROM views").getInt64();
    summary.digest = digest_of(*impl_->database);
    return summary;
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, impl_->file);
  }
}

}  // namespace sportapp::projection
