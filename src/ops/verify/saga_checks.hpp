// Orders and products held against each other: two journals that only events join.
#pragma once
#include "ops/verify/journal_checks.hpp"
#include "store/journal/reader.hpp"

namespace sportapp::verify {

// Each order settled at most once, as products decided about its stock, and decided once; no order passed
// over that is not set aside; each product's stock what was there at first, plus changes, minus completed
// orders. Up to where each has taken the other's events in. The reader of products must be the newer one:
// what orders has taken in is then in it.
[[nodiscard]] Result<Checked> check_saga(journal::Reader& orders, journal::Reader& products,
                                         const Progress& progress);

}  // namespace sportapp::verify
