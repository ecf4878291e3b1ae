// The file of a read model: its tables, its version, its damage. Known to the writer and the reader only.
//
//   views(id, view)           what a query by id gives, as it is sent
//   lookups(field, value, id) finds the view of a name
//   links(kind, of, id)       finds the views that show something of another thing
//   set_aside(seq, event, reason)  an event that could not be applied, as messaging::encode() gives it
//   meta                      one row: whose events these are, and the last that counts
//   last_entry(seq, hash)     the hash of the journal's entry `seq`: of the last event that counts, where
//                             seq is its number too; a version that keeps none leaves an older one behind
//   origin(hash)              of a base model only: the hash of the journal's entry at that position
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/hash.hpp"
#include "base/strong.hpp"
#include "net/messaging/event_source.hpp"
#include "store/projection/set_aside.hpp"
#include "store/sqlite/sqlite.hpp"
#include "store/sqlite/use.hpp"

namespace sportapp::projection {

using sqlite::is_damage;
using sqlite::Use;

inline constexpr const char* kLookups = "lookups";  // a sqlite::ValueIndex

// Opened for writing, made if it is not there. Retry::kNever: it cannot be used as it is (damaged, another
// version, another service's), only recreated.
[[nodiscard]] Result<std::unique_ptr<SQLite::Database>> open_model_file(const std::filesystem::path& file,
                                                                        std::string_view service,
                                                                        bool is_base = false);
[[nodiscard]] Seq position_of(SQLite::Database& database);
// The last event that counts, and which history it is of.
[[nodiscard]] messaging::Place place_of(SQLite::Database& database);
// Nothing where there is none.
[[nodiscard]] std::optional<Hash> origin_of(SQLite::Database& database);
// In order of seq; throws SQLite::Exception.
[[nodiscard]] std::vector<SetAside> set_aside_of(SQLite::Database& database, Seq after, std::size_t limit);
// Over views, lookups and links in order, not over what is set aside; throws SQLite::Exception.
[[nodiscard]] Hash digest_of(SQLite::Database& database);

}  // namespace sportapp::projection
