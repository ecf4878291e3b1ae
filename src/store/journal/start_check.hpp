// What is looked at before a journal is written to.
//
// What is known to be good afterwards: the journal has its last entry and the last that counts for good, as
// the mark says, and so, by the chain of hashes, the very history up to it; the content, numbers and keys of
// its last entries are right; nothing of the WAL was dropped but an end that was never confirmed. Of a
// journal of at most kAllEntries that was never trimmed, all of it is right: each entry, the state and the
// unique values. Of a file that was closed in order and is small enough for a seal, every byte is. The rest
// is read by the background check.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "domain/domain.hpp"
#include "store/journal/fault.hpp"
#include "store/journal/mark.hpp"

namespace sportapp::journal {

// Up to so many entries, all of a journal is checked; of a larger one, the last ones.
inline constexpr std::int64_t kAllEntries = 20'000;

struct StartDepth {
  std::int64_t entries = kAllEntries;         // from the last one on
  std::size_t bytes = std::size_t{32} << 20;  // of them
  std::uintmax_t sqlite_bytes_max = 16ULL
                                    << 20;  // SQLite's own check of the whole file, where it is no larger
  bool state = true;                        // where the entries are all there is
};
// For a file that this process has checked before: a disk that came back with less is noticed.
inline constexpr StartDepth kLightDepth{
    .entries = 1000, .bytes = 4 << 20, .sqlite_bytes_max = 0, .state = false};

struct StartCheck {
  std::optional<Fault> fault{};
  bool is_new = false;       // there are no entries yet, or no file
  bool is_new_copy = false;  // it is the copy that, as the mark says, was being put in place
  bool is_complete = false;  // everything was looked at
};

// Changes nothing, and makes no file but what SQLite needs to read one. No other connection of this process
// has `file` open where it has a seal.
[[nodiscard]] StartCheck check_at_start(const std::filesystem::path& file, const std::optional<Mark>& mark,
                                        const domain::Domain& domain, const StartDepth& depth);

}  // namespace sportapp::journal
