#pragma once
#include <memory>

#include "domain/projection.hpp"

namespace sportapp::domain {

// A product with `disponible`: whether there is stock.
[[nodiscard]] std::unique_ptr<Projection> make_products_views();

}  // namespace sportapp::domain
