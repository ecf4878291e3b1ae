// Looks at a WAL before SQLite does. SQLite takes the first frame that is not right for the end of the file,
// as it must after a loss of power; what stands behind it is then lost without a word.
//
// The format is that of https://www.sqlite.org/fileformat2.html, section 4.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace sportapp::sqlite {

struct WalCheck {
  std::int64_t frames = 0;  // that SQLite will find, from the first on
  std::string damage;       // what is wrong, if more than its end is; else empty
  bool is_gap = false;      // that is a frame in the middle
};

// Of `database`-wal; one that is missing or empty has no frames and no damage. Reads the file alone and opens
// none of SQLite's, so that nobody else in this process loses a lock.
//
// A broken frame is damage, not an end, where behind it stands a transaction's last frame and yet another
// frame, both with the salts of the file's header: with synchronous=FULL no frame is written before the
// transaction before it is on disk. Frames that only an interrupted transaction left, and those of an earlier
// use of the file, which have other salts, are no damage.
[[nodiscard]] Result<WalCheck> check_wal(const std::filesystem::path& database);

}  // namespace sportapp::sqlite
