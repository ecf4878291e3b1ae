// A journal held against itself: its entries against their hashes, its state against its entries.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "domain/domain.hpp"
#include "store/journal/reader.hpp"
#include "store/journal/records.hpp"

namespace sportapp::journal {

// More that is wrong with an entry, if so.
using FaultOf = std::function<std::optional<Difference>(const Entry&)>;

// The entry as the successor of `previous`.
[[nodiscard]] std::optional<Difference> wrong_link(const Position& previous, const Entry& entry);
// An error means that the file could not be read to the end; what is wrong with its content is a difference.
//
// What SQLite says of the file.
[[nodiscard]] Result<Checked> check_file(Reader& reader);
// Entries 1, 2, 3..., or from behind those that retention deleted on, each hash made of the one before; no
// key twice.
[[nodiscard]] Result<Checked> check_chain(Reader& reader, const Progress& progress,
                                          const FaultOf& fault_of = {});
// State tables equal to what the entries, replayed, make; not checked where retention deleted some.
[[nodiscard]] Result<Checked> check_state(Reader& reader, const domain::Domain& domain,
                                          const Progress& progress);

// Entries with after < seq <= until, in order, until `each` gives a difference.
[[nodiscard]] Result<std::optional<Difference>> walk(
    Reader& reader, Seq after, Seq until,
    const std::function<Result<std::optional<Difference>>(const Entry&)>& each);

class Scratch;
// What the domain makes of one entry; what it cannot make anything of is a difference.
[[nodiscard]] Result<std::optional<Difference>> replay(const domain::Domain& domain, Scratch& scratch,
                                                       const Entry& entry);
// The state as it is stored.
[[nodiscard]] Pages stored_rows(Reader& reader);
[[nodiscard]] Pages stored_uniques(Reader& reader);

}  // namespace sportapp::journal
