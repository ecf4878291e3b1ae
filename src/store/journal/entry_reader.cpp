#include "store/journal/entry_reader.hpp"

#include <fmt/format.h>

#include <utility>

#include "store/journal/base.hpp"
#include "store/journal/entry_row.hpp"
#include "store/journal/live_file.hpp"
#include "store/sqlite/use.hpp"

namespace sportapp::journal {
namespace {

using sqlite::Use;

struct Statements {
  explicit Statements(SQLite::Database& database)
      : entries(database,
                fmt::format("SELECT {} FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
                            kEntryColumns)),
        hash(database, kSelectHash),
        base(database, kSelectBase) {}
  SQLite::Statement entries, hash, base;
};

std::vector<Entry> entries_of(SQLite::Statement& select, Seq after, std::int64_t until,
                              std::size_t limit_entries, std::size_t limit_bytes) {
  std::vector<Entry> found;
  std::size_t bytes = 0;
  Use use(select);
  use.bind(1, after.value).bind(2, until).bind(3, static_cast<std::int64_t>(limit_entries));
  while (use.step()) {
    auto entry = entry_of(select);
    bytes += size_of(entry);
    if (!found.empty() && bytes > limit_bytes) break;
    found.push_back(std::move(entry));
  }
  return found;
}

}  // namespace

struct EntryReader::Impl {
  Impl(std::filesystem::path path, std::shared_ptr<const Durable> durable)
      : file(std::move(path), std::move(durable)) {}

  // What is durable and not in the file that is open is in the one that took its place unnoticed.
  Error missing(std::int64_t seq) {
    file.close();
    return {Retry::kLater, fmt::format("{}: entry {} is missing though it is durable; run sportapp verify",
                                       file.path().string(), seq)};
  }

  LiveFile<Statements> file;
};

EntryReader::EntryReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EntryReader::~EntryReader() = default;

Result<std::unique_ptr<EntryReader>> EntryReader::open(std::filesystem::path file,
                                                       std::shared_ptr<const Durable> durable) {
  auto impl = std::make_unique<Impl>(std::move(file), std::move(durable));
  const auto opened = impl->file.read([](Statements&, std::int64_t) { return true; });
  if (!opened) return opened.error();
  return std::unique_ptr<EntryReader>(new EntryReader(std::move(impl)));
}

Result<std::vector<Entry>> EntryReader::read(Seq after, std::size_t limit_entries, std::size_t limit_bytes) {
  bool gap = false;
  Seq base;
  auto found = impl_->file.read([&](Statements& statements, std::int64_t until) {
    gap = false;
    if (after.value >= until || limit_entries == 0) return std::vector<Entry>();
    auto entries = entries_of(statements.entries, after, until, limit_entries, limit_bytes);
    gap = entries.empty() || entries.front().seq != after.next();
    base = base_in(statements.base).seq;
    return entries;
  });
  if (found && gap && after < base) return deleted(impl_->file.path(), after, base);
  if (found && gap) return impl_->missing(after.next().value);
  return found;
}

Result<std::optional<Hash>> EntryReader::hash_at(Seq seq) {
  return impl_->file.read([&](Statements& statements, std::int64_t until) -> std::optional<Hash> {
    if (seq.value > until) return std::nullopt;
    return hash_in(statements.hash, statements.base, seq);
  });
}

Result<Position> EntryReader::head() {
  std::int64_t last = 0;
  const auto hash = impl_->file.read([&](Statements& statements, std::int64_t until) {
    last = until;
    return hash_in(statements.hash, statements.base, Seq{until});
  });
  if (!hash) return hash.error();
  if (!*hash) return impl_->missing(last);
  return Position{Seq{last}, **hash};
}

}  // namespace sportapp::journal
