#pragma once
#include <memory>

#include "domain/projection.hpp"

namespace sportapp::domain {

// An order with the names of its user and product as they are now, and the price at which it was placed.
[[nodiscard]] std::unique_ptr<Projection> make_orders_views();

}  // namespace sportapp::domain
