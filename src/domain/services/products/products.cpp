#include "domain/services/products/products.hpp"

#include <array>
#include <boost/json.hpp>
#include <stdexcept>

#include "domain/fields.hpp"

namespace sportapp::domain {
namespace {

namespace json = boost::json;

constexpr std::string_view kTable = "products";
constexpr std::int64_t kValueMax = 1'000'000'000;
constexpr std::int64_t kStockMax = 1'000'000'000;
constexpr std::array kRules = {
    FieldRule{.name = "name", .form = FieldRule::Form::kName, .min = 1, .max = 50},
    FieldRule{.name = "description",
              .form = FieldRule::Form::kText,
              .max = 200,
              .required = false,
              .absent = std::string_view()},
    FieldRule{.name = "value", .form = FieldRule::Form::kInteger, .max = kValueMax},
    FieldRule{.name = "stock", .form = FieldRule::Form::kInteger, .max = kStockMax},
};

Effect whole_product(std::string type, Id id, const json::object& product) {
  auto text = json::serialize(product);
  return {{std::move(type), 1, text}, {200, text, "/api-queries/products/" + std::to_string(id.value)}};
}

Decision add(const StateReader& state, const json::object& asked) {
  const auto id = state.last_id(kTable).next();
  json::object product{{"id", id.value}};
  for (const auto& [name, value] : asked) product[name] = value;
  return whole_product("ProductAdded", id, product);
}

Decision change(const StateReader& state, const json::object& asked) {
  const Id id{asked.at("id").as_int64()};
  const auto row = state.row(kTable, id);
  if (!row) return Refusal{404, "Not found", "there is no product " + std::to_string(id.value), {}};
  auto product = object_of(*row);
  for (const auto& [name, value] : asked) product[name] = value;
  return whole_product("ProductChanged", id, product);
}

// Answers nobody: the order learns of it by the event.
Effect settled(std::string type, const json::object& order, std::string_view name, json::value value) {
  auto happened = order;
  happened[name] = std::move(value);
  return {{std::move(type), 1, json::serialize(happened)}, {}};
}

Decision take(const StateReader& state, const json::object& order) {
  const auto row = state.row(kTable, Id{order.at("product").as_int64()});
  if (!row) return settled("StockRefused", order, "reason", "the product is not known");
  const auto stock = object_of(*row).at("stock").as_int64();
  const auto quantity = order.at("quantity").as_int64();
  if (quantity <= stock) return settled("StockTaken", order, "stock", stock - quantity);
  const auto reason =
      "not enough stock: " + std::to_string(quantity) + " ordered, " + std::to_string(stock) + " left";
  return settled("StockRefused", order, "reason", json::string(reason));
}

Command take_stock_for(const CommittedEvent& event) {
  const auto order = object_of(event.event.payload);
  const auto quantity = order.at("quantity").as_int64();
  if (quantity < 1) throw std::runtime_error("an order of " + std::to_string(quantity) + " pieces");
  return {"TakeStock", json::serialize(json::object{{"order", order.at("id").as_int64()},
                                                    {"product", order.at("product").as_int64()},
                                                    {"quantity", quantity}})};
}

class Products final : public Domain {
 public:
  std::string_view service() const override { return "products"; }
  std::vector<Route> routes() const override {
    return {{"POST", Target::kCollection}, {"PUT", Target::kOne}};
  }
  std::vector<Field> fields() const override { return fields_of(kRules); }
  std::vector<std::string> sources() const override { return {"orders"}; }

  std::variant<Command, Refusal> parse(std::string_view, std::optional<Id> id,
                                       std::string_view body) const override {
    if (!id) return command_of("AddProduct", check_body(body, kRules));
    auto checked = check_body(body, kRules, Body::kParts);
    auto* change = std::get_if<json::object>(&checked);
    if (change != nullptr) (*change)["id"] = id->value;
    return command_of("ChangeProduct", std::move(checked));
  }

  Decision decide(const StateReader& state, const Command& command) const override {
    const auto asked = object_of(command.body);
    if (command.type == "AddProduct") return add(state, asked);
    if (command.type == "ChangeProduct") return change(state, asked);
    if (command.type == "TakeStock") return take(state, asked);
    throw std::logic_error("products has no command " + command.type);
  }

  void apply(State& state, const CommittedEvent& committed) const override {
    const auto& event = committed.event;
    if (event.type == "ProductAdded" || event.type == "ProductChanged") {
      state.put_row(kTable, Id{object_of(event.payload).at("id").as_int64()}, event.payload);
    } else if (event.type == "StockTaken") {
      const auto taken = object_of(event.payload);
      const Id id{taken.at("product").as_int64()};
      auto product = object_of(state.row(kTable, id).value());
      product["stock"] = taken.at("stock");
      state.put_row(kTable, id, json::serialize(product));
    } else if (event.type != "StockRefused") {
      throw std::logic_error("products cannot apply " + event.type);
    }
  }

  std::vector<Reaction> react(std::string_view, const std::vector<CommittedEvent>& events) const override {
    std::vector<Reaction> reactions;
    for (const auto& event : events) {
      if (event.event.type == "OrderPlaced") reactions.push_back({event.seq, take_stock_for(event)});
    }
    return reactions;
  }
};

}  // namespace

std::unique_ptr<Domain> make_products() {
  return std::make_unique<Products>();
}

}  // namespace sportapp::domain
