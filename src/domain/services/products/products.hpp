#pragma once
#include <memory>

#include "domain/domain.hpp"

namespace sportapp::domain {

// Products: AddProduct -> ProductAdded, ChangeProduct -> ProductChanged (the whole product, also where
// nothing differs), and for each order TakeStock -> StockTaken or StockRefused. Names need not be unique.
[[nodiscard]] std::unique_ptr<Domain> make_products();

}  // namespace sportapp::domain
