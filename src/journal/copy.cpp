#include "journal/copy.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <utility>

#include "journal/base.hpp"
#include "journal/entry_row.hpp"
#include "sqlite/copy.hpp"
#include "sqlite/sqlite.hpp"

namespace sportapp::journal {

struct CopySource::Impl {
  // What `read` makes of the database; what SQLite throws comes as an error that names the file.
  template <class Read>
  auto read(Read read) -> Result<decltype(read())> {
    try {
      return read();
    } catch (const SQLite::Exception& exception) {
      return sqlite::to_error(exception, file);
    }
  }

  std::filesystem::path file;
  std::unique_ptr<SQLite::Database> database;
  bool held = false;
  Head head;
  Epoch epoch;
  Head base;
};

CopySource::CopySource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CopySource::~CopySource() = default;

Result<std::unique_ptr<CopySource>> CopySource::open(const std::filesystem::path& journal) {
  auto database = sqlite::open(journal, {.read_only = true});
  if (!database) return database.error();
  return std::unique_ptr<CopySource>(
      new CopySource(std::make_unique<Impl>(Impl{journal, std::move(*database), false, {}, {}, {}})));
}

// The transaction is what makes a copy one of this moment: without it each commit of the journal would make
// it begin again.
Result<void> CopySource::hold() {
  const auto begun = impl_->read([this] {
    auto& database = *impl_->database;
    if (std::exchange(impl_->held, false)) database.exec("ROLLBACK");
    database.exec("BEGIN");
    impl_->held = true;
    SQLite::Statement last(database, "SELECT seq, hash, epoch FROM entries ORDER BY seq DESC LIMIT 1");
    const bool any = last.executeStep();
    impl_->head =
        any ? Head{Seq{last.getColumn(0).getInt64()}, hash_of(last.getColumn(1).getString())} : Head{};
    impl_->base = base_of(database);
    impl_->epoch = any ? Epoch{last.getColumn(2).getInt64()} : Epoch{};
    return true;
  });
  if (!begun) return begun.error();
  return {};
}

Head CopySource::head() const {
  return impl_->head;
}

Epoch CopySource::epoch() const {
  return impl_->epoch;
}

Head CopySource::base() const {
  return impl_->base;
}

Result<std::optional<Hash>> CopySource::hash_at(Seq seq) {
  if (seq == impl_->base.seq) return std::optional(impl_->base.hash);
  return impl_->read([&]() -> std::optional<Hash> {
    SQLite::Statement select(*impl_->database, "SELECT hash FROM entries WHERE seq = ?");
    select.bind(1, seq.value);
    if (!select.executeStep()) return std::nullopt;
    return hash_of(select.getColumn(0).getString());
  });
}

Result<std::uint64_t> CopySource::bytes() {
  return impl_->read([this] { return sqlite::bytes_of(*impl_->database); });
}

Result<std::map<std::string, Seq>> CopySource::consumed(const std::vector<std::string>& sources) {
  std::map<std::string, Seq> positions;
  for (const auto& source : sources) {
    const auto last = impl_->read([&] { return last_consumed(*impl_->database, source); });
    if (!last) return last.error();
    if (!*last) {
      return Error{Retry::kNever,
                   fmt::format("{}: the key of the last event of {} that it has taken in is damaged; "
                               "see: sportapp verify",
                               impl_->file.string(), source)};
    }
    positions[source] = **last;
  }
  return positions;
}

Result<SnapshotFile> CopySource::copy(const std::filesystem::path& to, const CopyProgress& progress) {
  const auto copied = sqlite::copy(*impl_->database, impl_->file, to, progress);
  if (!copied) return copied.error();
  return SnapshotFile{to, *copied, impl_->head};
}

Result<SnapshotFile> copy_journal(const std::filesystem::path& journal, const std::filesystem::path& to,
                                  const std::function<bool()>& go_on) {
  const auto source = CopySource::open(journal);
  if (!source) return source.error();
  if (auto held = (*source)->hold(); !held) return held.error();
  return (*source)->copy(to, [&](std::uint64_t, std::uint64_t) { return !go_on || go_on(); });
}

Result<void> make_plain(const std::filesystem::path& copy) {
  auto database = sqlite::open(copy, {});
  if (!database) return database.error();
  try {
    const auto mode = (*database)->execAndGet("PRAGMA journal_mode=DELETE").getString();
    if (mode == "delete") return {};
    return Error{Retry::kLater, fmt::format("{}: it stays in journal mode {}", copy.string(), mode)};
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, copy);
  }
}

}  // namespace sportapp::journal
