#pragma once
#include <memory>

#include "projection/projection.hpp"

namespace sportapp::projection {

// A product with `disponible`: whether there is stock.
[[nodiscard]] std::unique_ptr<Projection> make_products_views();

}  // namespace sportapp::projection
