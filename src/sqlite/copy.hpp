// A database copied as one of its connections sees it.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/result.hpp"

namespace sportapp::sqlite {

// Told after each step how many bytes are copied, of how many; when it says no, the copy is given up
// (kLater).
using CopyProgress = std::function<bool(std::uint64_t done, std::uint64_t of)>;

// That a copy will have.
[[nodiscard]] std::uint64_t bytes_of(SQLite::Database& source);
// Into one file, `file` being that of `source`; where a transaction of `source` is open, of its moment. `to`
// is overwritten, and is not synced. Gives the bytes of the copy.
[[nodiscard]] Result<std::uint64_t> copy(SQLite::Database& source, const std::filesystem::path& file,
                                         const std::filesystem::path& to, const CopyProgress& progress);

}  // namespace sportapp::sqlite
