// A journal held against itself: its entries against their hashes, its state against its entries.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "domain/domain.hpp"
#include "journal/reader.hpp"
#include "verify/records.hpp"

namespace sportapp::verify {

struct Checked {
  std::string summary;  // counts
  std::optional<Difference> first;
};

// What is to be said of a check that needs the entries which retention deleted.
[[nodiscard]] Checked not_checked(std::string_view of_what, Seq base);

// An error means that the file could not be read to the end; what is wrong with its content is a difference.
[[nodiscard]] Result<Checked> check_file(journal::Reader& reader);
// Entries 1, 2, 3..., or from behind those that retention deleted on, each of valid JSON, each hash made of
// the one before; no key twice.
[[nodiscard]] Result<Checked> check_chain(journal::Reader& reader, const Progress& progress);
// State tables equal to what the entries, replayed, make; not checked where retention deleted some.
[[nodiscard]] Result<Checked> check_state(journal::Reader& reader, const domain::Domain& domain,
                                          const Progress& progress);

// Entries with after < seq <= until, in order, until `each` gives a difference.
[[nodiscard]] Result<std::optional<Difference>> walk(
    journal::Reader& reader, Seq after, Seq until,
    const std::function<Result<std::optional<Difference>>(const journal::Entry&)>& each);

}  // namespace sportapp::verify
