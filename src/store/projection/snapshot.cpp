#include "store/projection/snapshot.hpp"

#include "store/projection/model_file.hpp"
#include "store/sqlite/snapshot.hpp"

namespace sportapp::projection {

struct Snapshot::Impl {
  explicit Impl(sqlite::Snapshot opened) : file(std::move(opened)) {}

  sqlite::Snapshot file;
};

Snapshot::Snapshot(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Snapshot::~Snapshot() = default;

Result<std::unique_ptr<Snapshot>> Snapshot::open(const std::filesystem::path& file) {
  auto opened = sqlite::Snapshot::open(file);
  if (!opened) return opened.error();
  return std::unique_ptr<Snapshot>(new Snapshot(std::make_unique<Impl>(std::move(*opened))));
}

Result<Seq> Snapshot::position() {
  return impl_->file.read([&](SQLite::Database& database) { return position_of(database); });
}

Result<std::optional<Hash>> Snapshot::origin() {
  return impl_->file.read([&](SQLite::Database& database) { return origin_of(database); });
}

Result<std::vector<Snapshot::View>> Snapshot::views_after(Id id, std::size_t limit) {
  return impl_->file.read([&](SQLite::Database& database) {
    SQLite::Statement select(database, "SELECT id, view FROM views WHERE id > ? ORDER BY id LIMIT ?");
    select.bind(1, id.value);
    select.bind(2, static_cast<std::int64_t>(limit));
    std::vector<View> found;
    while (select.executeStep()) {
      found.push_back({Id{select.getColumn(0).getInt64()}, select.getColumn(1).getString()});
    }
    return found;
  });
}

Result<std::vector<sqlite::IndexedValue>> Snapshot::lookups_after(std::string_view field,
                                                                  std::string_view value, std::size_t limit) {
  return impl_->file.values_after(kLookups, field, value, limit);
}

Result<std::vector<Snapshot::Link>> Snapshot::links_after(const Link& link, std::size_t limit) {
  return impl_->file.read([&](SQLite::Database& database) {
    SQLite::Statement select(database,
                             "SELECT kind, of, id FROM links WHERE (kind, of, id) > (?, ?, ?) "
                             "ORDER BY kind, of, id LIMIT ?");
    select.bind(1, link.kind);
    select.bind(2, link.of.value);
    select.bind(3, link.id.value);
    select.bind(4, static_cast<std::int64_t>(limit));
    std::vector<Link> found;
    while (select.executeStep()) {
      found.push_back({select.getColumn(0).getString(), Id{select.getColumn(1).getInt64()},
                       Id{select.getColumn(2).getInt64()}});
    }
    return found;
  });
}

Result<std::vector<SetAside>> Snapshot::set_aside_after(Seq seq, std::size_t limit) {
  return impl_->file.read([&](SQLite::Database& database) { return set_aside_of(database, seq, limit); });
}

Result<std::optional<std::string>> Snapshot::damage() {
  return impl_->file.damage();
}

}  // namespace sportapp::projection
