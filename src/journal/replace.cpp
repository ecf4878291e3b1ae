#include "journal/replace.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/durable.hpp"
#include "journal/store.hpp"
#include "sqlite/sqlite.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

fs::path beside(const fs::path& file, const char* ending) {
  return file.string() + ending;
}

Error failed(const char* what, const fs::path& file) {
  return {Retry::kLater, fmt::format("cannot {} {}: {}; look at its disk and its folder's permissions", what,
                                     file.string(), std::strerror(errno))};
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

}  // namespace

Result<void> prepare_replacement(const fs::path& file) {
  if (!fs::exists(file)) return Error{Retry::kNever, fmt::format("{} is not there", file.string())};
  if (auto removed = remove_companions(file); !removed) return removed;
  {
    const auto store = Store::open(file);
    if (!store) return store.error();
  }
  if (auto whole = make_whole(file); !whole) return whole;
  if (auto removed = remove_companions(file); !removed) return removed;
  return sync_to_disk(file);
}

Result<void> replace_journal(const fs::path& file, const fs::path& journal) {
  const auto folder = journal.has_parent_path() ? journal.parent_path() : fs::path(".");
  const auto kept = beside(journal, ".replaced");
  if (auto whole = make_whole(journal); !whole) return whole;
  // The old one's WAL must be gone for good before another file has its name.
  if (auto removed = remove_companions(journal); !removed) return removed;
  if (auto removed = remove_companions(kept); !removed) return removed;
  if (auto removed = take_away(kept); !removed) return removed;
  if (::link(journal.c_str(), kept.c_str()) != 0) return failed("keep a copy of", journal);
  if (auto synced = sync_to_disk(folder); !synced) return synced;
  if (::rename(file.c_str(), journal.c_str()) != 0) {
    auto error = failed("move into place", file);
    static_cast<void>(take_away(kept));
    return error;
  }
  // A reader that opened the old one in between made some of its own.
  auto done = remove_companions(journal);
  if (done) done = sync_to_disk(folder);
  return done ? done : Error{Retry::kOutcomeUnknown, done.error().what};
}

}  // namespace sportapp::journal
