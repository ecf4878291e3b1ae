#include "domain/services/orders/orders.hpp"

#include <array>
#include <boost/json.hpp>
#include <stdexcept>

#include "domain/fields.hpp"
#include "domain/services/orders/taken_in.hpp"

namespace sportapp::domain {
namespace {

namespace json = boost::json;

constexpr std::string_view kOrders = "orders";
constexpr std::string_view kOpen = "open_orders";
constexpr std::string_view kUsers = "users";
constexpr std::string_view kProducts = "products";
constexpr std::int64_t kQuantityMax = 1'000'000;
constexpr int kGatherUsersMs = 20;
constexpr std::array kRules = {
    FieldRule{.name = "user", .form = FieldRule::Form::kId},
    FieldRule{.name = "product", .form = FieldRule::Form::kId},
    FieldRule{.name = "quantity", .form = FieldRule::Form::kInteger, .min = 1, .max = kQuantityMax},
};

// Their registration may be on the way here.
Refusal unknown(const json::object& asked, const std::vector<std::string>& fields) {
  Refusal refusal{400, "Bad request", {}, {}, true};
  for (const auto& field : fields) refusal.errors.push_back({"/" + field, "is not known"});
  refusal.detail = fields[0] + " " + std::to_string(asked.at(fields[0]).as_int64()) + " is not known";
  return refusal;
}

Decision place(const StateReader& state, const json::object& asked) {
  const auto user_row = state.row(kUsers, Id{asked.at("user").as_int64()});
  const auto product_row = state.row(kProducts, Id{asked.at("product").as_int64()});
  std::vector<std::string> missing;
  if (!user_row) missing.emplace_back("user");
  if (!product_row) missing.emplace_back("product");
  if (!missing.empty()) return unknown(asked, missing);
  const auto product = object_of(*product_row);
  const auto value = product.at("value").as_int64();
  const auto id = state.last_id(kOrders).next().value;
  const json::object placed{{"id", id},
                            {"user", asked.at("user")},
                            {"user_username", object_of(*user_row).at("username")},
                            {"product", asked.at("product")},
                            {"product_name", product.at("name")},
                            {"product_value", value},
                            {"quantity", asked.at("quantity")},
                            {"total", value * asked.at("quantity").as_int64()}};
  json::object answer{{"id", id}};
  for (const auto& [name, given] : asked) answer[name] = given;
  answer["state"] = "processing";
  return Effect{{"OrderPlaced", 1, json::serialize(placed)},
                {200, json::serialize(answer), "/api-queries/orders/" + std::to_string(id)}};
}

// Twice is a defect, here or in products: which of the two answers holds is not for a rule to guess.
Decision settle(const StateReader& state, const json::object& asked) {
  const Id id{asked.at("order").as_int64()};
  if (!state.row(kOpen, id)) {
    const auto order = "order " + std::to_string(id.value);
    throw std::logic_error(state.row(kOrders, id) ? order + " is settled already" : "there is no " + order);
  }
  json::object settled{{"id", id.value}};
  if (asked.at("state").as_string() == "completed") {
    return Effect{{"OrderCompleted", 1, json::serialize(settled)}, {}};
  }
  settled["reason"] = asked.at("reason").as_string();
  return Effect{{"OrderFailed", 1, json::serialize(settled)}, {}};
}

void open_order(State& state, const CommittedEvent& committed) {
  const auto order = object_of(committed.event.payload);
  const Id id{order.at("id").as_int64()};
  state.put_row(kOrders, id,
                json::serialize(json::object{{"user", order.at("user").as_int64()},
                                             {"product", order.at("product").as_int64()},
                                             {"quantity", order.at("quantity").as_int64()}}));
  state.put_row(kOpen, id, json::serialize(json::object{{"since_ms", committed.time_ms}}));
}

void note(State& state, std::string_view table, const json::value& list) {
  for (const auto& noted : list.as_array()) {
    state.put_row(table, Id{noted.as_object().at("id").as_int64()}, json::serialize(noted));
  }
}

class Orders final : public Domain {
 public:
  std::string_view service() const override { return "orders"; }
  std::vector<Route> routes() const override { return {{"POST", Target::kCollection}}; }
  std::vector<Field> fields() const override { return fields_of(kRules); }
  std::vector<std::string> sources() const override { return {"users", "products"}; }
  // Of a user it only keeps the name. An order that comes before its user is tried again for longer than
  // this.
  int gather_ms(std::string_view source) const override { return source == "users" ? kGatherUsersMs : 0; }
  std::vector<std::string> keeps() const override { return sources(); }
  std::string_view open_table() const override { return kOpen; }

  std::variant<Command, Refusal> parse(std::string_view, std::optional<Id>,
                                       std::string_view body) const override {
    return command_of("PlaceOrder", check_body(body, kRules));
  }

  Decision decide(const StateReader& state, const Command& command) const override {
    if (command.type == "PlaceOrder") return place(state, object_of(command.body));
    if (command.type == "SettleOrder") return settle(state, object_of(command.body));
    if (command.type == "NoteUsers") return Effect{{"UsersNoted", 1, command.body}, {}};
    if (command.type == "NoteProducts") return Effect{{"ProductsNoted", 1, command.body}, {}};
    throw std::logic_error("orders has no command " + command.type);
  }

  void apply(State& state, const CommittedEvent& committed) const override {
    const auto& [type, version, payload] = committed.event;
    if (type == "OrderPlaced") return open_order(state, committed);
    const auto happened = object_of(payload);
    if (type == "UsersNoted") return note(state, kUsers, happened.at("users"));
    if (type == "ProductsNoted") return note(state, kProducts, happened.at("products"));
    if (type != "OrderCompleted" && type != "OrderFailed") {
      throw std::logic_error("orders cannot apply " + type);
    }
    state.remove_row(kOpen, Id{happened.at("id").as_int64()});
  }

  std::vector<Reaction> react(std::string_view source,
                              const std::vector<CommittedEvent>& events) const override {
    return source == "users" ? react_to_users(events) : react_to_products(events);
  }
};

}  // namespace

std::unique_ptr<Domain> make_orders() {
  return std::make_unique<Orders>();
}

}  // namespace sportapp::domain
