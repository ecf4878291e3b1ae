#include "domain/services/orders/orders_views.hpp"

#include <boost/json.hpp>
#include <stdexcept>

#include "domain/fields.hpp"

namespace sportapp::domain {
namespace {

namespace json = boost::json;

constexpr std::size_t kPage = 1000;

// What an order's view shows of another service's thing, and the link by which it is found.
struct Shown {
  std::string_view kind;
  std::string_view name;       // of the thing
  std::string_view view_name;  // the same in the view
};
constexpr Shown kUser{"user", "username", "user_username"};
constexpr Shown kProduct{"product", "name", "product_name"};

json::object view_of(Views& views, Id id) {
  const auto view = views.view(id);
  if (!view) throw std::runtime_error("there is no order " + std::to_string(id.value));
  return domain::object_of(*view);
}

void show_order(Views& views, const json::object& placed) {
  const Id id{placed.at("id").as_int64()};
  const Id user{placed.at("user").as_int64()};
  const Id product{placed.at("product").as_int64()};
  const json::object view{{"id", id.value},
                          {"user_id", user.value},
                          {"user_username", placed.at("user_username").as_string()},
                          {"product_id", product.value},
                          {"product_name", placed.at("product_name").as_string()},
                          {"product_value", placed.at("product_value").as_int64()},
                          {"quantity", placed.at("quantity").as_int64()},
                          {"total", placed.at("total").as_int64()},
                          {"state", "processing"}};
  views.put_view(id, json::serialize(view));
  views.put_link(kUser.kind, user, id);
  views.put_link(kProduct.kind, product, id);
}

void show_settled(Views& views, const json::object& settled, std::string_view state) {
  const Id id{settled.at("id").as_int64()};
  auto view = view_of(views, id);
  if (view.at("state").as_string() != "processing") {
    throw std::runtime_error("order " + std::to_string(id.value) + " is settled already");
  }
  view["state"] = state;
  if (state == "failed") view["reason"] = settled.at("reason").as_string();
  views.put_view(id, json::serialize(view));
}

// All orders of a thing show one name at any time, so the first tells whether there is anything to do: a
// product whose price changes does not cost a look at its every order.
void follow_name(Views& views, const Shown& shown, const json::object& noted) {
  const Id of{noted.at("id").as_int64()};
  const auto& name = noted.at(shown.name).as_string();
  const auto first = views.linked(shown.kind, of, Id{}, 1);
  if (first.empty() || view_of(views, first[0]).at(shown.view_name) == name) return;
  for (Id after;;) {
    const auto orders = views.linked(shown.kind, of, after, kPage);
    for (const auto id : orders) {
      auto view = view_of(views, id);
      view[shown.view_name] = name;
      views.put_view(id, json::serialize(view));
    }
    if (orders.size() < kPage) return;
    after = orders.back();
  }
}

void follow_names(Views& views, const Shown& shown, const json::value& list) {
  for (const auto& noted : list.as_array()) follow_name(views, shown, noted.as_object());
}

class OrdersViews final : public Projection {
 public:
  std::string_view service() const override { return "orders"; }
  std::vector<Filter> filters() const override { return {}; }

  void apply(Views& views, const domain::CommittedEvent& committed) const override {
    const auto& type = committed.event.type;
    const auto event = domain::object_of(committed.event.payload);
    if (type == "OrderPlaced") {
      show_order(views, event);
    } else if (type == "OrderCompleted") {
      show_settled(views, event, "completed");
    } else if (type == "OrderFailed") {
      show_settled(views, event, "failed");
    } else if (type == "UsersNoted") {
      follow_names(views, kUser, event.at("users"));
    } else if (type == "ProductsNoted") {
      follow_names(views, kProduct, event.at("products"));
    } else {
      throw std::runtime_error("orders views know no event " + type);
    }
  }
};

}  // namespace

std::unique_ptr<Projection> make_orders_views() {
  return std::make_unique<OrdersViews>();
}

}  // namespace sportapp::domain
