// A database file as its bytes are.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>

#include "base/hash.hpp"
#include "base/result.hpp"

namespace sportapp::sqlite {

struct WholeFile {
  std::uint64_t bytes = 0;
  Hash hash{};
  bool operator==(const WholeFile&) const = default;
};

// Of a file that nobody in this process has open: closing it again would end the locks of its connections.
[[nodiscard]] Result<WholeFile> read_whole(const std::filesystem::path& file);
// Of the file that this connection has open, through it. Without what its WAL has.
[[nodiscard]] Result<WholeFile> read_whole(SQLite::Database& database, const std::filesystem::path& file);

}  // namespace sportapp::sqlite
