#include "store/journal/copy.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <utility>

#include "store/journal/base.hpp"
#include "store/journal/entry_row.hpp"
#include "store/sqlite/sqlite.hpp"

namespace sportapp::journal {

Result<std::unique_ptr<CopySource>> CopySource::open(const std::filesystem::path& journal) {
  auto file = sqlite::HeldFile::open(journal);
  if (!file) return file.error();
  return std::unique_ptr<CopySource>(new CopySource(std::move(*file)));
}

// The transaction is what makes a copy one of this moment: without it each commit of the journal would make
// it begin again.
Result<void> CopySource::hold() {
  const auto held = file_.hold([this](SQLite::Database& database) {
    SQLite::Statement last(database, "SELECT seq, hash, epoch FROM entries ORDER BY seq DESC LIMIT 1");
    const bool any = last.executeStep();
    head_ = any ? Position{Seq{last.getColumn(0).getInt64()}, hash_of(last.getColumn(1).getString())}
                : Position{};
    base_ = base_of(database);
    epoch_ = any ? Epoch{last.getColumn(2).getInt64()} : Epoch{};
    return true;
  });
  if (!held) return held.error();
  return {};
}

Result<std::optional<Hash>> CopySource::hash_at(Seq seq) {
  if (seq == base_.seq) return std::optional(base_.hash);
  return file_.read([&](SQLite::Database& database) -> std::optional<Hash> {
    SQLite::Statement select(database, kSelectHash);
    select.bind(1, seq.value);
    if (!select.executeStep()) return std::nullopt;
    return hash_of(select.getColumn(0).getString());
  });
}

Result<std::map<std::string, Seq>> CopySource::consumed(const std::vector<std::string>& sources) {
  std::map<std::string, Seq> positions;
  for (const auto& source : sources) {
    const auto last = file_.read([&](SQLite::Database& database) { return last_consumed(database, source); });
    if (!last) return last.error();
    if (!*last) {
      return Error{Retry::kNever,
                   fmt::format("{}: the key of the last event of {} that it has taken in is damaged; "
                               "see: sportapp verify",
                               file_.file().string(), source)};
    }
    positions[source] = **last;
  }
  return positions;
}

Result<SnapshotFile> CopySource::copy(const std::filesystem::path& to, const CopyProgress& progress) {
  const auto copied = file_.copy(to, progress);
  if (!copied) return copied.error();
  return SnapshotFile{to, *copied, head_};
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
