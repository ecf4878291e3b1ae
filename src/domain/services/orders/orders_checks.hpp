// Orders and products held against each other: two histories that only events join.
#pragma once
#include <vector>

#include "domain/cross_check.hpp"

namespace sportapp::domain {

// "saga": each order settled at most once, as products decided about its stock, and decided once; no order
// passed over that is not set aside; each product's stock what was there at first, plus changes, minus
// completed orders. Up to where each has taken the other's events in.
[[nodiscard]] std::vector<CrossCheck> make_orders_checks();

}  // namespace sportapp::domain
