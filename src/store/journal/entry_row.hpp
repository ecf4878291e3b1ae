// Entries as a query gives them.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string_view>

#include "net/messaging/event_source.hpp"
#include "store/journal/entry.hpp"

namespace sportapp::journal {

inline constexpr const char* kEntryColumns =
    "seq, epoch, time_ms, key, fingerprint, type, version, payload, status, answer, location, hash";

// `row` selects kEntryColumns. A hash that has not its 32 bytes comes as zeros.
[[nodiscard]] Entry entry_of(SQLite::Statement& row);
[[nodiscard]] Hash hash_of(const std::string& bytes);
// By statements that are prepared once, of kSelectHash and kSelectBase: the hash of an entry, or of the last
// deleted one; nothing where `seq` is neither.
inline constexpr const char* kSelectHash = "SELECT hash FROM entries WHERE seq = ?";
[[nodiscard]] std::optional<Hash> hash_in(SQLite::Statement& entry, SQLite::Statement& base, Seq seq);
// Of a row of seq, fingerprint, status, answer, location: what a repeated key needs.
[[nodiscard]] Entry answered_of(SQLite::Statement& row, std::string_view key);

// The last of the source's events that an entry counts; 0: none does. Nothing where its key is damaged.
[[nodiscard]] std::optional<Seq> last_consumed(SQLite::Database& database, std::string_view source);
// Likewise, with the hash of that event in the source's journal, where it was kept.
[[nodiscard]] std::optional<messaging::Place> place_consumed(SQLite::Database& database,
                                                             std::string_view source);

}  // namespace sportapp::journal
