// Request bodies and events, one after the other on the state of all services: parse, decide, apply, react.
#include <boost/json.hpp>
#include <cstdint>

#include "domain/fields.hpp"
#include "domain/memory_service.hpp"
#include "domain/services/orders/orders.hpp"
#include "domain/services/products/products.hpp"
#include "domain/services/users/users.hpp"
#include "domain/text.hpp"
#include "tests/support/require.hpp"

namespace {

using namespace sportapp;
using namespace sportapp::domain;
using sportapp::testing::require;

constexpr char kBetweenBodies = '\x1e';

void check_text(std::string_view text, std::size_t min, std::size_t max) {
  require(nfc(text) == text, "text is kept in NFC");
  const auto seen = characters(text);
  require(seen.count >= min && seen.count <= max, "an accepted text has the length it must have");
}

void check_name(std::string_view name) {
  check_text(name, 1, 50);
  const auto seen = characters(name);
  require(!seen.has_control && !seen.has_outer_space, "an accepted name obeys the rule");
}

void check_email(std::string_view email) {
  require(nfc(email) == email && is_email(email), "an accepted e-mail obeys the rule");
  const auto folded = case_folded(email);
  require(folded && case_folded(*folded) == folded, "an e-mail folded twice is folded once");
}

// Whatever service it is of: a field of one name has one meaning.
void check_fields(const boost::json::object& body) {
  for (const auto& [name, value] : body) {
    if (const auto* text = value.if_string()) {
      if (name == "username" || name == "name") check_name(*text);
      if (name == "email") check_email(*text);
      if (name == "description") check_text(*text, 0, 200);
      continue;
    }
    const auto number = value.as_int64();
    if (name == "quantity") require(number >= 1 && number <= 1'000'000, "a quantity is in its bounds");
    if (name == "value" || name == "stock") {
      require(number >= 0 && number <= 1'000'000'000, "a number of a product is in its bounds");
    }
  }
}

struct World {
  MemoryService users{make_users()};
  MemoryService products{make_products()};
  MemoryService orders{make_orders()};

  // One delivery of everything each way and back leaves nothing open.
  void settle() {
    orders.take_in("users", users.events);
    orders.take_in("products", products.events);
    products.take_in("orders", orders.events);
    orders.take_in("products", products.events);
    for (const auto& [place, row] : orders.state.rows)
      require(place.first != "open_orders", "an order stays open");
    for (const auto& [place, row] : products.state.rows) {
      require(object_of(row).at("stock").as_int64() >= 0, "stock fell below zero");
    }
  }
};

void send(MemoryService& service, std::string_view method, std::optional<Id> id, std::string_view body) {
  const auto parsed = service.domain->parse(method, id, body);
  if (const auto* refused = std::get_if<Refusal>(&parsed)) {
    require(refused->status == 400 && !refused->detail.empty(), "a refused body is a 400 that says why");
    return;
  }
  const auto& command = std::get<Command>(parsed);
  const auto again = service.domain->parse(method, id, command.body);
  const auto* same = std::get_if<Command>(&again);
  require(same != nullptr, "a normal form is accepted");
  require(same->body == command.body && same->type == command.type, "a normal form is its own normal form");
  check_fields(object_of(command.body));
  const auto before = service.state.rows;
  const auto status = service.execute(command);
  if (status == 200) {
    require(!service.answer.location.empty() && object_of(service.answer.body).contains("id"),
            "a success says what was made and where it is");
  } else {
    require(status >= 400 && status < 500 && !service.refusal.detail.empty(), "a refused command says why");
    require(service.state.rows == before, "a refused command changes nothing");
  }
}

// An event as another service might send it: understood, or refused by an exception.
void offer(const MemoryService& service, std::string_view source, std::string type,
           std::string_view payload) {
  std::vector<Reaction> reactions;
  try {
    reactions = service.domain->react(source, {{Seq{1}, 0, {std::move(type), 1, std::string(payload)}}});
  } catch (const std::exception&) {
    return;
  }
  for (const auto& [upto, command] : reactions) {
    require(upto == Seq{1}, "a reaction accounts for the event it is to");
    if (command.type == "SettleOrder") continue;  // of an order that may not be there
    const auto decision = service.domain->decide(service.state, command);
    require(std::holds_alternative<Effect>(decision), "what an event asks for is not refused");
  }
}

void record(World& world, std::string_view text) {
  const auto rest = text.substr(std::min<std::size_t>(1, text.size()));
  switch (text.empty() ? ' ' : text[0]) {
    case 'p':
      return send(world.products, "POST", std::nullopt, rest);
    case 'c':
      return send(world.products, "PUT", Id{1}, rest);
    case 'o':
      return send(world.orders, "POST", std::nullopt, rest);
    case 'U':
      return offer(world.orders, "users", "UserRegistered", rest);
    case 'P':
      return offer(world.orders, "products", "ProductChanged", rest);
    case 'S':
      return offer(world.orders, "products", "StockRefused", rest);
    case 'O':
      return offer(world.products, "orders", "OrderPlaced", rest);
    default:
      return send(world.users, "POST", std::nullopt, text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  std::string_view left(reinterpret_cast<const char*>(data), size);
  while (!left.empty()) {
    const auto end = std::min(left.find(kBetweenBodies), left.size());
    record(world, left.substr(0, end));
    world.settle();
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return 0;
}
