// The file of a read model: its tables, its version, its damage. Known to the writer and the reader only.
//
//   views(id, view)           what a query by id gives, as it is sent
//   lookups(field, value, id) finds the view of a name
//   links(kind, of, id)       finds the views that show something of another thing
//   meta                      one row: whose events these are, and the last that counts
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/hash.hpp"
#include "base/strong.hpp"
#include "sqlite/sqlite.hpp"
#include "sqlite/use.hpp"

namespace sportapp::projection {

using sqlite::Use;

// Opened for writing, made if it is not there. Retry::kNever: it cannot be used as it is (damaged, another
// version, another service's), only made anew.
[[nodiscard]] Result<std::unique_ptr<SQLite::Database>> open_model_file(const std::filesystem::path& file,
                                                                        std::string_view service);
[[nodiscard]] Seq position_of(SQLite::Database& database);
// Over views, lookups and links in order; throws SQLite::Exception.
[[nodiscard]] Hash digest_of(SQLite::Database& database);
[[nodiscard]] bool is_damage(const SQLite::Exception& exception);

}  // namespace sportapp::projection
