#include "store/journal/replace.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "base/cause.hpp"
#include "base/durable.hpp"
#include "store/journal/seal.hpp"
#include "store/journal/slots.hpp"
#include "store/journal/store.hpp"
#include "store/sqlite/sqlite.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

fs::path beside(const fs::path& file, const char* ending) {
  return file.string() + ending;
}

Error failed(const char* what, const fs::path& file) {
  return {Retry::kLater, fmt::format("cannot {} {}: {}", what, file.string(), cause_of(errno, file))};
}

Result<void> take_away(const fs::path& file) {
  if (::unlink(file.c_str()) == 0 || errno == ENOENT) return {};
  return failed("remove", file);
}

// Files that SQLite keeps beside a database: of another database, they would be taken for changes to this.
Result<void> remove_companions(const fs::path& file) {
  for (const auto* ending : {"-wal", "-shm", "-journal"}) {
    if (auto removed = take_away(beside(file, ending)); !removed) return removed;
  }
  return {};
}

// Everything that was committed to it, into the one file and onto the disk.
Result<void> make_whole(const fs::path& journal) {
  auto database = sqlite::open(journal, {});
  if (!database) return database.error();
  try {
    if ((*database)->execAndGet("PRAGMA wal_checkpoint(TRUNCATE)").getInt() == 0) return {};
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, journal);
  }
  return Error{Retry::kLater,
               fmt::format("{} cannot be replaced while a program reads it; try again", journal.string())};
}

// Everything of it stays whole, in one file.
Result<void> keep_whole(const fs::path& journal) {
  const auto kept = beside(journal, ".replaced");
  if (auto whole = make_whole(journal); !whole) return whole;
  // The old one's WAL must be gone for good before another file has its name.
  if (auto removed = remove_companions(journal); !removed) return removed;
  if (auto removed = remove_companions(kept); !removed) return removed;
  if (auto removed = take_away(kept); !removed) return removed;
  if (::link(journal.c_str(), kept.c_str()) != 0) return failed("keep a copy of", journal);
  return {};
}

// The files as they are; of remains from before, nothing stays.
Result<void> keep_damaged(const fs::path& journal) {
  const auto kept = beside(journal, ".damaged");
  const auto wal = beside(journal, "-wal");
  const auto kept_wal = beside(wal, ".damaged");
  for (const auto& older : {kept, kept_wal}) {
    if (auto removed = take_away(older); !removed) return removed;
  }
  if (::link(journal.c_str(), kept.c_str()) != 0 && errno != ENOENT) return failed("keep a copy of", journal);
  if (::rename(wal.c_str(), kept_wal.c_str()) != 0 && errno != ENOENT) return failed("put aside", wal);
  spdlog::warn("what the damaged journal was is kept as {} and {}; what was kept so before is gone",
               kept.string(), kept_wal.string());
  return remove_companions(journal);
}

class Replacing {
 public:
  Replacing(const Replacement& given, MarkFile& mark)
      : given_(given), mark_(mark), is_damaged_(given.fault && given.fault->damaged) {}

  Result<void> run() {
    if (auto begun = begin(); !begun) return begun;
    done("marked");
    auto placed = put_in_place();
    if (!placed) static_cast<void>(give_up());
    if (!placed) return placed;
    done("renamed");
    auto ended = end();
    if (ended) done("on disk");
    return ended ? ended : Error{Retry::kOutcomeUnknown, ended.error().what};
  }

 private:
  void done(std::string_view step) const {
    if (given_.after) given_.after(step);
  }

  // Damage is said in the mark, so that nothing that is left of the files looks whole, whatever of them is
  // put aside already.
  Result<void> begin() {
    auto now = mark_.mark();
    now.replacing = given_.end;
    if (is_damaged_) now.damage = given_.fault->why;
    if (auto written = mark_.write(now); !written) return written;
    return mark_.sync();
  }

  Result<void> put_in_place() {
    const auto& journal = given_.journal;
    if (auto kept = is_damaged_ ? keep_damaged(journal) : keep_whole(journal); !kept) return kept;
    done("kept");
    if (auto synced = sync_to_disk(folder_of(journal)); !synced) return synced;
    done("kept on disk");
    if (::rename(given_.copy.c_str(), journal.c_str()) == 0) return {};
    auto error = failed("move into place", given_.copy);
    if (!is_damaged_) static_cast<void>(take_away(beside(journal, ".replaced")));
    return error;
  }

  Result<void> give_up() {
    auto now = mark_.mark();
    now.replacing.reset();
    return mark_.write(now);
  }

  Result<void> end() {
    // A reader that opened the old one in between made some of its own.
    if (auto removed = remove_companions(given_.journal); !removed) return removed;
    if (auto removed = remove_seal(given_.journal); !removed) return removed;
    return sync_to_disk(folder_of(given_.journal));
  }

  const Replacement& given_;
  MarkFile& mark_;
  const bool is_damaged_;
};

}  // namespace

Result<Position> prepare_replacement(const fs::path& file) {
  if (!fs::exists(file)) return Error{Retry::kNever, fmt::format("{} does not exist", file.string())};
  if (auto removed = remove_companions(file); !removed) return removed.error();
  Position end;
  try {
    const auto store = Store::open(file);
    if (!store) return store.error();
    const auto last = (*store)->last();
    end = {last.seq, last.hash};
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, file);
  }
  if (auto whole = make_whole(file); !whole) return whole.error();
  if (auto removed = remove_companions(file); !removed) return removed.error();
  if (auto synced = sync_to_disk(file); !synced) return synced.error();
  return end;
}

Result<void> replace_journal(const Replacement& given, MarkFile& mark) {
  return Replacing(given, mark).run();
}

}  // namespace sportapp::journal
