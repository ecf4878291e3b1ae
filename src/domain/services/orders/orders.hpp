#pragma once
#include <memory>

#include "domain/domain.hpp"

namespace sportapp::domain {

// Orders: PlaceOrder -> OrderPlaced, at the price and with the names that this service knows then. What it
// knows of users and products comes by their events: NoteUsers -> UsersNoted, NoteProducts ->
// ProductsNoted. What products says of the stock ends the order: SettleOrder -> OrderCompleted or
// OrderFailed.
[[nodiscard]] std::unique_ptr<Domain> make_orders();

}  // namespace sportapp::domain
