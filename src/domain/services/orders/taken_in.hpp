// What the events of users and products ask of orders.
#pragma once
#include <vector>

#include "domain/domain.hpp"

namespace sportapp::domain {

// UserRegistered -> NoteUsers; many become one, so that registrations stay cheap.
[[nodiscard]] std::vector<Reaction> react_to_users(const std::vector<CommittedEvent>& events);
// ProductAdded, ProductChanged -> NoteProducts, a run of them one; StockTaken, StockRefused -> SettleOrder.
[[nodiscard]] std::vector<Reaction> react_to_products(const std::vector<CommittedEvent>& events);

}  // namespace sportapp::domain
