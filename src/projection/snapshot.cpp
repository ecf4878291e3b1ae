#include "projection/snapshot.hpp"

#include "projection/model_file.hpp"
#include "sqlite/sqlite.hpp"

namespace sportapp::projection {

struct Snapshot::Impl {
  std::filesystem::path file;
  std::unique_ptr<SQLite::Database> database;

  // Runs `read` with what SQLite throws as an error that names the file.
  template <class Read>
  auto guarded(Read read) -> Result<decltype(read())> {
    try {
      return read();
    } catch (const SQLite::Exception& exception) {
      return sqlite::to_error(exception, file);
    }
  }
};

Snapshot::Snapshot(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Snapshot::~Snapshot() = default;

Result<std::unique_ptr<Snapshot>> Snapshot::open(const std::filesystem::path& file) {
  auto database = sqlite::open(file, {.read_only = true});
  if (!database) return database.error();
  auto impl = std::make_unique<Impl>();
  impl->file = file;
  impl->database = std::move(*database);
  std::unique_ptr<Snapshot> snapshot(new Snapshot(std::move(impl)));
  const auto begun = snapshot->impl_->guarded([&] { return snapshot->impl_->database->exec("BEGIN"); });
  if (!begun) return begun.error();
  // The first read decides of which moment it is.
  const auto first = snapshot->position();
  if (!first) return first.error();
  return snapshot;
}

Result<Seq> Snapshot::position() {
  return impl_->guarded([&] { return position_of(*impl_->database); });
}

Result<std::vector<Snapshot::View>> Snapshot::views_after(Id id, std::size_t limit) {
  return impl_->guarded([&] {
    SQLite::Statement select(*impl_->database, "SELECT id, view FROM views WHERE id > ? ORDER BY id LIMIT ?");
    select.bind(1, id.value);
    select.bind(2, static_cast<std::int64_t>(limit));
    std::vector<View> found;
    while (select.executeStep()) {
      found.push_back({Id{select.getColumn(0).getInt64()}, select.getColumn(1).getString()});
    }
    return found;
  });
}

Result<std::vector<Snapshot::Lookup>> Snapshot::lookups_after(std::string_view field, std::string_view value,
                                                              std::size_t limit) {
  return impl_->guarded([&] {
    SQLite::Statement select(
        *impl_->database,
        "SELECT field, value, id FROM lookups WHERE (field, value) > (?, ?) ORDER BY field, "
        "value LIMIT ?");
    select.bind(1, std::string(field));
    select.bind(2, std::string(value));
    select.bind(3, static_cast<std::int64_t>(limit));
    std::vector<Lookup> found;
    while (select.executeStep()) {
      found.push_back({select.getColumn(0).getString(), select.getColumn(1).getString(),
                       Id{select.getColumn(2).getInt64()}});
    }
    return found;
  });
}

Result<std::optional<std::string>> Snapshot::damage() {
  return impl_->guarded([&]() -> std::optional<std::string> {
    auto said = impl_->database->execAndGet("PRAGMA integrity_check(1)").getString();
    if (said == "ok") return std::nullopt;
    return said;
  });
}

}  // namespace sportapp::projection
