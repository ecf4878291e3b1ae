// Entries as a query gives them.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include "journal/entry.hpp"

namespace sportapp::journal {

inline constexpr const char* kEntryColumns =
    "seq, epoch, time_ms, key, fingerprint, type, version, payload, status, answer, location, hash";

// `row` selects kEntryColumns. A hash that has not its 32 bytes comes as zeros.
[[nodiscard]] Entry entry_of(SQLite::Statement& row);
[[nodiscard]] Hash hash_of(const std::string& bytes);

}  // namespace sportapp::journal
