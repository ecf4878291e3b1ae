// What a journal's file was, byte for byte, when its process ended in order: a byte that changed while nobody
// had it open is found, also where SQLite and the entries' hashes say nothing of it, as in the state of a
// journal whose first entries were deleted.
#pragma once
#include <filesystem>
#include <optional>

#include "base/result.hpp"
#include "store/journal/entry.hpp"
#include "store/sqlite/whole_file.hpp"

namespace sportapp::journal {

struct Seal {
  sqlite::WholeFile file;  // all of it was in the one file, none in a WAL
  Position head;
  // How often it was opened for writing before: a program that knows no seals leaves one lying.
  std::int64_t opened = 0;
};

// Larger files are not read as a whole when they are closed or opened.
inline constexpr std::uint64_t kSealedBytesMax = std::uint64_t{64} << 20;

[[nodiscard]] std::filesystem::path seal_of(const std::filesystem::path& journal);
// Nothing where there is none or it cannot be understood.
[[nodiscard]] Result<std::optional<Seal>> read_seal(const std::filesystem::path& journal);
// On disk when it returns.
[[nodiscard]] Result<void> write_seal(const std::filesystem::path& journal, const Seal& seal);
// Gone from the disk when it returns: before the file is written to.
[[nodiscard]] Result<void> remove_seal(const std::filesystem::path& journal);

}  // namespace sportapp::journal
